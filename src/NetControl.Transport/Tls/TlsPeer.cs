using System.Security.Cryptography.X509Certificates;
using NetControl.Network;

namespace NetControl.Transport.Tls;

/// <summary>What a server showed in a handshake. Valid during the call of a <see cref="TlsVerifier"/> only.</summary>
public sealed class TlsPeer
{
    private readonly X509Chain _chain;

    internal TlsPeer(HostPort destination, X509Certificate2 certificate, X509Chain chain, TlsVerdict standard)
    {
        Destination = destination;
        Certificate = certificate;
        _chain = chain;
        Standard = standard;
    }

    /// <summary>What was dialled.</summary>
    public HostPort Destination { get; }

    /// <summary>The server's certificate.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>What the standard examination says: with the roots and the name of the options.</summary>
    public TlsVerdict Standard { get; }

    /// <summary>Examines the certificate as usual, but with other roots or another name.</summary>
    /// <param name="roots">The trusted authorities, or null for the system's.</param>
    /// <param name="name">The host name or IP address that the certificate must be for, or null for any.</param>
    public TlsVerdict Examine(X509Certificate2Collection? roots, string? name)
    {
        using var chain = new X509Chain { ChainPolicy = TlsExamination.MakePolicy(roots) };
        foreach (X509Certificate2 other in _chain.ChainPolicy.ExtraStore)
        {
            chain.ChainPolicy.ExtraStore.Add(other);
        }

        _ = chain.Build(Certificate);
        return TlsExamination.Judge(Certificate, chain, name);
    }
}
