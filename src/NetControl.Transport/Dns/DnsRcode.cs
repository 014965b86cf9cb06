namespace NetControl.Transport.Dns;

/// <summary>How a server answered (RFC 1035 section 4.1.1).</summary>
public enum DnsRcode : byte
{
    /// <summary>Well; there may still be nothing of the type that was asked for.</summary>
    NoError = 0,

    /// <summary>The server could not read the query.</summary>
    FormatError = 1,

    /// <summary>The server could not find out.</summary>
    ServerFailure = 2,

    /// <summary>The name does not exist.</summary>
    NameError = 3,

    /// <summary>The server does not do that.</summary>
    NotImplemented = 4,

    /// <summary>The server does not want to.</summary>
    Refused = 5,
}
