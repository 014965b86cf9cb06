using System.Globalization;

namespace NetControl.ControlPlane.Registry;

/// <summary>The living identity of a resource: what all kinds have in common. Every field is guarded by the registry's lock.</summary>
internal abstract class ResourceState
{
    private readonly string _tag;

    protected ResourceState(string name, DateTimeOffset now)
    {
        Name = name;
        Uid = Guid.NewGuid().ToString();
        _tag = Uid[..8];
        CreateTime = now;
        UpdateTime = now;
    }

    public string Name { get; }

    public string Uid { get; }

    public long Generation { get; private set; } = 1;

    public DateTimeOffset CreateTime { get; }

    public DateTimeOffset UpdateTime { get; private set; }

    public long Revision { get; private set; }

    // The uid's part keeps a tag that was read before a restart, or before a delete and create, from ever matching again.
    public string Etag => string.Create(CultureInfo.InvariantCulture, $"\"{_tag}-{Revision}\"");

    public void Commit(long revision) => Revision = revision;

    public void Commit(long revision, DateTimeOffset now, bool wish)
    {
        Revision = revision;
        UpdateTime = now;
        if (wish)
        {
            Generation++;
        }
    }

    public ResourceMeta Meta => new(Name, Uid, Etag, Generation, CreateTime, UpdateTime);
}
