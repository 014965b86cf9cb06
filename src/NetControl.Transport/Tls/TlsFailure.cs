namespace NetControl.Transport.Tls;

/// <summary>Why a TLS handshake did not succeed.</summary>
public enum TlsFailure
{
    /// <summary>The server's certificate, or one that it leans on, is no longer valid.</summary>
    Expired,

    /// <summary>The server's certificate, or one that it leans on, is not valid yet.</summary>
    NotYetValid,

    /// <summary>No authority that is trusted here vouches for the server's certificate.</summary>
    UnknownAuthority,

    /// <summary>The certificate is for other names than the one that was asked for.</summary>
    NameMismatch,

    /// <summary>The certificate cannot serve: made for another use, badly signed, malformed, or none was shown.</summary>
    InvalidCertificate,

    /// <summary>The library user's own verifier said no.</summary>
    RejectedByVerifier,

    /// <summary>The server refused by an alert; <see cref="TlsException.Alert"/> is its number.</summary>
    ProtocolRefused,

    /// <summary>What the server said is not TLS, or breaks its rules.</summary>
    ProtocolViolation,

    /// <summary>The connection ended or broke before the handshake was done.</summary>
    BrokenOff,
}
