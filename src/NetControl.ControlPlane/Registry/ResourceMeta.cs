namespace NetControl.ControlPlane.Registry;

/// <summary>What every read of a resource tells.</summary>
/// <param name="Name">The resource name.</param>
/// <param name="Uid">Given once, never used again.</param>
/// <param name="Etag">The version.</param>
/// <param name="Generation">How often users changed it; a delegate's swap counter.</param>
/// <param name="CreateTime">When it was made.</param>
/// <param name="UpdateTime">When it last changed.</param>
public sealed record ResourceMeta(string Name, string Uid, string Etag, long Generation, DateTimeOffset CreateTime,
    DateTimeOffset UpdateTime);
