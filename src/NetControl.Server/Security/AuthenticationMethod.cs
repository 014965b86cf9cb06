namespace NetControl.Server.Security;

/// <summary>How a caller proved who it is.</summary>
internal enum AuthenticationMethod
{
    Anonymous,
    UnixPeer,
    ClientCertificate,
    BearerToken,
}
