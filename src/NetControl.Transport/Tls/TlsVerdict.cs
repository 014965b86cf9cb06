namespace NetControl.Transport.Tls;

/// <summary>What the examination of a server's certificate came to.</summary>
/// <param name="Failure">Why it is not accepted; null if it is.</param>
/// <param name="Message">The same in words, for people; empty if it is accepted.</param>
public readonly record struct TlsVerdict(TlsFailure? Failure, string Message)
{
    /// <summary>The certificate is accepted.</summary>
    public static TlsVerdict Accepted => new(null, "");
}
