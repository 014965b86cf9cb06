namespace NetControl.Transport.Dns;

/// <summary>A query that did not bring an answer; <see cref="Error"/> says at which step. An answer that says "no" is an answer.</summary>
public sealed class DnsException : Exception
{
    /// <summary>Makes an exception.</summary>
    public DnsException(DnsError error, string message, Exception? innerException = null)
        : base(message, innerException) => Error = error;

    /// <summary>The step that failed.</summary>
    public DnsError Error { get; }
}
