using Google.Protobuf;

namespace NetControl.Server.Audit;

/// <summary>The changes of one call.</summary>
internal sealed class AuditTrail : IAuditChanges
{
    private readonly Lock _gate = new();
    private readonly List<AuditChange> _changes = [];

    public void Add(string resource, IMessage? before, IMessage? after)
    {
        lock (_gate)
        {
            _changes.Add(new AuditChange(resource, before, after));
        }
    }

    public IReadOnlyList<AuditChange> Read()
    {
        lock (_gate)
        {
            return [.. _changes];
        }
    }
}
