namespace NetControl.Server.Security;

/// <summary>How a caller proved who it is.</summary>
internal enum AuthenticationMethod
{
    Anonymous,
    UnixPeer,
    ClientCertificate,
    BearerToken,

    /// <summary>Nobody: the server does it by itself.</summary>
    System,
}
