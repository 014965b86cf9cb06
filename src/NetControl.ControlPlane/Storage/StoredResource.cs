namespace NetControl.ControlPlane.Storage;

/// <summary>A resource as it lies in the store.</summary>
/// <param name="Name">The resource name.</param>
/// <param name="Uid">Given once, never used again.</param>
/// <param name="Revision">The transaction that changed it last.</param>
/// <param name="Generation">How often users changed it.</param>
/// <param name="CreateTime">When it was made.</param>
/// <param name="UpdateTime">When it last changed.</param>
/// <param name="Source">Who declared it.</param>
/// <param name="Spec">What was asked for, as JSON; secrets included.</param>
public sealed record StoredResource(string Name, string Uid, long Revision, long Generation, DateTimeOffset CreateTime,
    DateTimeOffset UpdateTime, string Source, string Spec)
{
    /// <summary>Never the spec: it may hold secrets.</summary>
    public override string ToString() => Name;
}
