using Google.Protobuf;

namespace NetControl.Server.Audit;

/// <summary>The changes of one call.</summary>
/// <remarks>A change may come true after its call was given up: a verb that has begun to change the kernel is finished. Such a change gets a
/// line of its own.</remarks>
internal sealed class AuditTrail : IAuditChanges
{
    private readonly Lock _gate = new();
    private readonly List<AuditChange> _changes = [];
    private readonly Action<AuditChange> _onLate;
    private bool _closed;

    public AuditTrail(Action<AuditChange> onLate)
    {
        _onLate = onLate;
    }

    public void Add(string resource, IMessage? before, IMessage? after)
    {
        AuditChange change = new(resource, before, after);
        lock (_gate)
        {
            if (!_closed)
            {
                _changes.Add(change);
                return;
            }
        }

        _onLate(change);
    }

    /// <summary>What has changed until now; what comes later is late.</summary>
    public IReadOnlyList<AuditChange> Close()
    {
        lock (_gate)
        {
            _closed = true;
            return [.. _changes];
        }
    }
}
