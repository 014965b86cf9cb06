using NetControl.Protocol.V1;

namespace NetControl.Server.Audit;

/// <summary>Which end of a long stream an entry tells.</summary>
/// <param name="Id">The same in both of the stream's entries.</param>
/// <param name="Ended">Whether it is over.</param>
/// <param name="Capture">How much was given away, where it was a capture and is over.</param>
internal sealed record AuditedStream(Guid Id, bool Ended, CaptureCounters? Capture);
