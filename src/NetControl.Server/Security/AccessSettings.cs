using NetControl.Server.Limits;
using NetControl.Server.Security.Certificates;
using NetControl.Server.Security.Peers;

namespace NetControl.Server.Security;

/// <summary>Who may call, and how much, as the configuration has it, found valid.</summary>
internal sealed record AccessSettings
{
    /// <summary>The server's certificate; empty without TLS.</summary>
    public string CertificateFile { get; init; } = "";

    /// <summary>Its key.</summary>
    public string KeyFile { get; init; } = "";

    /// <summary>Who vouches for clients; empty where none are asked.</summary>
    public string ClientCaFile { get; init; } = "";

    /// <summary>Which client certificate has which role.</summary>
    public IReadOnlyList<CertificateRule> CertificateRules { get; init; } = [];

    /// <summary>Which peer of a Unix socket has which role.</summary>
    public IReadOnlyList<PeerRule> PeerRules { get; init; } = [];

    /// <summary>The owner of the sockets' files; null is the process's own.</summary>
    public uint? SocketOwner { get; init; }

    /// <summary>The group of the sockets' files; null is the process's own.</summary>
    public uint? SocketGroup { get; init; }

    /// <summary>The bearer tokens; empty where there are none.</summary>
    public string TokenFile { get; init; } = "";

    /// <summary>The role of callers who present nothing, where such are let in at all.</summary>
    public Role AnonymousRole { get; init; } = Role.Admin;

    /// <summary>Whether listeners beyond loopback let in callers who present nothing.</summary>
    public bool Insecure { get; init; }

    /// <summary>Whether reflection is served.</summary>
    public bool Reflection { get; init; } = true;

    /// <summary>How much callers may take.</summary>
    public CallLimits Limits { get; init; } = new();

    /// <summary>The audit log; empty is none.</summary>
    public string AuditFile { get; init; } = "";

    /// <summary>Whether callers beyond the machine can prove who they are.</summary>
    public bool KnowsCallers => TokenFile.Length > 0 || ClientCaFile.Length > 0;
}
