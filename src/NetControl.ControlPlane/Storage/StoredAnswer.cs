namespace NetControl.ControlPlane.Storage;

/// <summary>The answer to a request that may be repeated.</summary>
/// <param name="RequestId">The request's UUID.</param>
/// <param name="Method">Which request it was.</param>
/// <param name="Fingerprint">A hash of its body.</param>
/// <param name="Answer">The answer's bytes.</param>
/// <param name="Expires">When it may be forgotten.</param>
public sealed record StoredAnswer(Guid RequestId, string Method, byte[] Fingerprint, byte[] Answer, DateTimeOffset Expires);
