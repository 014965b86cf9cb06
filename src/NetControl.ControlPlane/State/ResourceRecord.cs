using System.Globalization;
using NetControl.ControlPlane.Registry;

namespace NetControl.ControlPlane.State;

/// <summary>One resource as it was wished: immutable, durable, and the same whichever process reads it.</summary>
internal abstract record ResourceRecord
{
    public required string Name { get; init; }

    public required string Uid { get; init; }

    /// <summary>How often users changed it, from 1; a delegate's swap counter.</summary>
    public long Generation { get; init; } = 1;

    /// <summary>The revision of the transaction that changed it last.</summary>
    public required long Revision { get; init; }

    public required DateTimeOffset CreateTime { get; init; }

    public required DateTimeOffset UpdateTime { get; init; }

    public ResourceSource Source { get; init; }

    // The uid's part keeps a tag that was read before a delete and create from ever matching again.
    public string Etag => string.Create(CultureInfo.InvariantCulture, $"\"{Uid.AsSpan(0, 8)}-{Revision}\"");

    public ResourceMeta Meta => new(Name, Uid, Etag, Generation, CreateTime, UpdateTime);
}
