using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NetControl.Server.Security.Certificates;

/// <summary>Verifies a client's certificate against authorities of our own, and nobody else's.</summary>
internal static class ClientCertificateVerifier
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>Null when it is good, else the reason as a metric label.</summary>
    public static string? Verify(X509Certificate2 certificate, X509Certificate2Collection intermediates,
        X509Certificate2Collection authorities, DateTimeOffset now)
    {
        using X509Chain chain = new();
        chain.ChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            VerificationTime = now.UtcDateTime,
            VerificationTimeIgnored = false,
        };
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.ExtraStore.AddRange(intermediates);
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        if (chain.Build(certificate))
        {
            return null;
        }

        X509ChainStatusFlags flags = 0;
        foreach (X509ChainStatus status in chain.ChainStatus)
        {
            flags |= status.Status;
        }

        return (flags & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotSignatureValid))
            != 0 ? "certificate_unknown_authority"
            : (flags & X509ChainStatusFlags.NotTimeValid) != 0 ? "certificate_expired"
            : (flags & X509ChainStatusFlags.NotValidForUsage) != 0 ? "certificate_wrong_usage"
            : "certificate_invalid";
    }
}
