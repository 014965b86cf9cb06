using NetControl.Server.Security.Certificates;
using NetControl.Server.Security.Peers;

namespace NetControl.Server.Security;

/// <summary>What is known of a connection before its first call: which kind of listener, and who is at the other end.</summary>
/// <remarks>A feature of the connection, so that every call on it finds it. Owner: the connection's middleware writes, calls read.</remarks>
internal sealed class ConnectionFacts
{
    /// <summary>Whether the gRPC services are served here, and nothing else.</summary>
    public bool IsGrpc { get; init; }

    /// <summary>Whether they are served as JSON: the gateway makes gRPC of it before anybody else looks.</summary>
    public bool IsJson { get; init; }

    /// <summary>Whether only that is served which is open to everybody, whatever a caller presents.</summary>
    public bool IsOpenOnly { get; init; }

    /// <summary>The role of a caller that presents nothing.</summary>
    public Role AnonymousRole { get; init; }

    /// <summary>Whether client certificates are asked for.</summary>
    public bool AsksForCertificate { get; init; }

    /// <summary>The process at the other end of a Unix socket.</summary>
    public PeerCredentials? Peer { get; init; }

    /// <summary>The client's certificate, once the handshake has verified it.</summary>
    public ClientIdentity? Certificate { get; set; }

    /// <summary>Why the handshake said no, if it was the certificate's fault.</summary>
    public string? HandshakeFault { get; set; }

    /// <summary>Whether the handshake is over and went well.</summary>
    public bool Established { get; set; }
}
