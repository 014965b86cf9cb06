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

    /// <summary>Whoever ran a command of netcontrold's on this machine.</summary>
    Command,
}
