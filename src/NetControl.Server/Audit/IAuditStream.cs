using NetControl.Protocol.V1;

namespace NetControl.Server.Audit;

/// <summary>Where whoever carries out a long stream tells that it has begun, for a line in the audit log of its own, and what it came
/// to.</summary>
/// <remarks>A feature of the request's HttpContext while an audited stream is carried out. Threads: the call's.</remarks>
internal interface IAuditStream
{
    /// <summary>The request was found right, and from now on something is given away.</summary>
    void Begin();

    /// <summary>Notes how much of a device's traffic has been given away.</summary>
    void Captured(CaptureCounters totals);
}
