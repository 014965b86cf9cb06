using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NetControl.Testing.Certificates;

/// <summary>A certificate authority of a test.</summary>
public sealed class TestAuthority : IDisposable
{
    /// <summary>serverAuth.</summary>
    public const string ServerUsage = "1.3.6.1.5.5.7.3.1";
    /// <summary>clientAuth.</summary>
    public const string ClientUsage = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2 _root;
    private int _serial;

    /// <summary>Makes an authority with a root of its own.</summary>
    public TestAuthority(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _root = Request(name, key).CreateSelfSigned(DateTimeOffset.UtcNow.AddYears(-1), DateTimeOffset.UtcNow.AddYears(10));
    }

    private TestAuthority(X509Certificate2 own) => _root = own;

    /// <summary>What trusts it.</summary>
    public X509Certificate2 Root => _root;

    /// <summary>Its certificate as PEM.</summary>
    public string Pem => _root.ExportCertificatePem();

    /// <summary>Makes an authority below this one.</summary>
    public TestAuthority Subordinate(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 bare = Request(name, key).Create(
            _root, DateTimeOffset.UtcNow.AddMonths(-1), DateTimeOffset.UtcNow.AddYears(1), BitConverter.GetBytes(++_serial));
        return new TestAuthority(bare.CopyWithPrivateKey(key));
    }

    /// <summary>Makes a certificate with its key.</summary>
    public X509Certificate2 Issue(string common, string usage, Action<SubjectAlternativeNameBuilder>? names = null, TimeSpan? age = null,
        TimeSpan? life = null)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={common}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, false));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        if (names is not null)
        {
            SubjectAlternativeNameBuilder builder = new();
            names(builder);
            request.CertificateExtensions.Add(builder.Build());
        }

        DateTimeOffset from = DateTimeOffset.UtcNow - (age ?? TimeSpan.FromHours(1));
        using X509Certificate2 bare = request.Create(_root, from, from + (life ?? TimeSpan.FromDays(1)), BitConverter.GetBytes(++_serial));
        return bare.CopyWithPrivateKey(key);
    }

    /// <summary>Writes a server certificate for loopback and its key.</summary>
    public X509Certificate2 WriteServer(string certificateFile, string keyFile, string common = "server")
    {
        X509Certificate2 server = Issue(common, ServerUsage, names =>
        {
            names.AddIpAddress(System.Net.IPAddress.Loopback);
            names.AddDnsName("localhost");
        });
        WriteAtomically(keyFile, server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        WriteAtomically(certificateFile, server.ExportCertificatePem());
        return server;
    }

    /// <summary>Replaces a file as a careful writer does: a reader sees the old text or the new one.</summary>
    public static void WriteAtomically(string path, string text)
    {
        ArgumentNullException.ThrowIfNull(path);
        File.WriteAllText(path + ".new", text);
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <inheritdoc/>
    public void Dispose() => _root.Dispose();

    private static CertificateRequest Request(string name, ECDsa key)
    {
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request;
    }
}
