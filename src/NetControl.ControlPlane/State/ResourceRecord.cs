using System.Globalization;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Registry;

namespace NetControl.ControlPlane.State;

/// <summary>One resource as it was wished: immutable, durable, and the same whichever process reads it.</summary>
internal abstract record ResourceRecord
{
    public required RecordHead Head { get; init; }

    public string Name => Head.Name;

    public string Uid => Head.Uid;

    public long Generation => Head.Generation;

    public long Revision => Head.Revision;

    public DateTimeOffset UpdateTime => Head.UpdateTime;

    public ResourceSource Source => Head.Source;

    // The uid's part keeps a tag that was read before a delete and create from ever matching again.
    public string Etag => string.Create(CultureInfo.InvariantCulture, $"\"{Uid.AsSpan(0, 8)}-{Revision}\"");

    /// <summary>The resources that it names, each once: those are used by it.</summary>
    public abstract IReadOnlyCollection<string> References { get; }

    public ResourceMeta Meta => new(Name, Uid, Etag, Generation, Head.CreateTime, UpdateTime);

    /// <summary>Fails unless the etag is empty or current.</summary>
    public void CheckEtag(string etag)
    {
        if (etag.Length > 0 && !string.Equals(etag, Etag, StringComparison.Ordinal))
        {
            throw new ControlPlaneException(
                ControlPlaneError.EtagMismatch,
                $"\"{Name}\" has changed: its etag is {Etag}, the request expects {etag}; read it again",
                Name,
                metadata: new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    ["current_etag"] = Etag,
                    ["expected_etag"] = etag,
                });
        }
    }
}
