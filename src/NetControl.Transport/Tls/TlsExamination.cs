using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NetControl.Transport.Tls;

/// <summary>The standard examination of a server's certificate: time, name, authority, in this order.</summary>
internal static class TlsExamination
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <summary>Reads the system's roots, which the framework else does in the first handshake, on the caller's thread.</summary>
    public static void LoadSystemRoots()
    {
        using var store = new X509Store(StoreName.Root, StoreLocation.LocalMachine);
        store.Open(OpenFlags.ReadOnly);
    }

    /// <summary>How a chain is built: from what the server sent and the roots, never from the network, which would hold the caller's thread up.</summary>
    public static X509ChainPolicy MakePolicy(X509Certificate2Collection? roots)
    {
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        if (roots is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(roots);
        }

        return policy;
    }

    /// <summary>Judges a certificate by the chain that was built for it.</summary>
    public static TlsVerdict Judge(X509Certificate2 certificate, X509Chain chain, string? name)
    {
        if (JudgeTime(certificate, chain.ChainPolicy) is { } time)
        {
            return time;
        }

        if (name is not null && !certificate.MatchesHostname(name, allowWildcards: true, allowCommonName: false))
        {
            return new TlsVerdict(TlsFailure.NameMismatch, $"the certificate is for {DescribeNames(certificate)}, not for {name}");
        }

        X509ChainStatusFlags status = X509ChainStatusFlags.NoError;
        foreach (X509ChainStatus one in chain.ChainStatus)
        {
            status |= one.Status;
        }

        if (status == X509ChainStatusFlags.NoError)
        {
            return TlsVerdict.Accepted;
        }

        if ((status & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != 0)
        {
            return new TlsVerdict(TlsFailure.UnknownAuthority, $"no trusted authority vouches for the certificate; its issuer is {certificate.Issuer}");
        }

        foreach (X509ChainElement element in chain.ChainElements)
        {
            if (JudgeTime(element.Certificate, chain.ChainPolicy) is { } authority)
            {
                return authority;
            }
        }

        return new TlsVerdict(TlsFailure.InvalidCertificate, $"the certificate of {certificate.Subject} cannot serve here: {status}");
    }

    private static TlsVerdict? JudgeTime(X509Certificate2 certificate, X509ChainPolicy policy)
    {
        DateTime now = policy.VerificationTimeIgnored ? DateTime.Now : policy.VerificationTime;
        return now > certificate.NotAfter
            ? new TlsVerdict(TlsFailure.Expired, $"the certificate of {certificate.Subject} expired on {Format(certificate.NotAfter)}")
            : now < certificate.NotBefore
                ? new TlsVerdict(TlsFailure.NotYetValid, $"the certificate of {certificate.Subject} is valid from {Format(certificate.NotBefore)} on")
                : null;
    }

    private static string DescribeNames(X509Certificate2 certificate)
    {
        var names = new List<string>();
        foreach (X509SubjectAlternativeNameExtension extension in certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>())
        {
            names.AddRange(extension.EnumerateDnsNames());
            names.AddRange(extension.EnumerateIPAddresses().Select(static address => address.ToString()));
        }

        return names.Count == 0 ? "no host at all" : string.Join(", ", names);
    }

    private static string Format(DateTime time) => time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
