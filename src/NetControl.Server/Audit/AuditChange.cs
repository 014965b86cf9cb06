using Google.Protobuf;

namespace NetControl.Server.Audit;

/// <summary>What a call did to one resource.</summary>
/// <param name="Resource">Its name.</param>
/// <param name="Before">As it was, as a read would have shown it; null where it was not there.</param>
/// <param name="After">As it is now; null where it is gone.</param>
internal sealed record AuditChange(string Resource, IMessage? Before, IMessage? After);
