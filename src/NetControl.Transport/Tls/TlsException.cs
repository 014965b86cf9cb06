using NetControl.Network;

namespace NetControl.Transport.Tls;

/// <summary>A TLS handshake that failed, with the reason as a value.</summary>
public sealed class TlsException : DialException
{
    /// <summary>Makes an exception; the reason decides what the failure means for a dial.</summary>
    public TlsException(TlsFailure reason, string message, Exception? innerException = null, byte? alert = null)
        : base(reason == TlsFailure.BrokenOff ? DialFailure.ProxyUnreachable : DialFailure.ProxyProtocol, message, innerException)
    {
        Reason = reason;
        Alert = alert;
    }

    /// <summary>Why the handshake failed.</summary>
    public TlsFailure Reason { get; }

    /// <summary>The number of the server's alert (RFC 8446 section 6), where it sent one.</summary>
    public byte? Alert { get; }
}
