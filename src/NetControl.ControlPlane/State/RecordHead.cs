namespace NetControl.ControlPlane.State;

/// <summary>What a record of any kind begins with: whose it is, and how it came about.</summary>
/// <param name="Name">The resource name.</param>
/// <param name="Uid">Given once, never used again.</param>
/// <param name="Revision">The revision of the transaction that changed it last.</param>
/// <param name="Generation">How often users changed it, from 1; a delegate's swap counter.</param>
/// <param name="CreateTime">When it was made.</param>
/// <param name="UpdateTime">When it last changed.</param>
/// <param name="Source">Who declared it.</param>
internal readonly record struct RecordHead(string Name, string Uid, long Revision, long Generation, DateTimeOffset CreateTime,
    DateTimeOffset UpdateTime, ResourceSource Source);
