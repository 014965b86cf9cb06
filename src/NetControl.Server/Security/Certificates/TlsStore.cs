using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using NetControl.ControlPlane.Validation;
using NetControl.Server.Security.Files;

namespace NetControl.Server.Security.Certificates;

/// <summary>The server's certificate and the clients' authorities, as the files are now, and the connections that were let in by
/// them.</summary>
/// <remarks>Threads: handshakes read one immutable snapshot; the reloader alone replaces it.</remarks>
internal sealed class TlsStore : IReloadable
{
    private const string CertificateField = "listen.tls.certificateFile";
    private const string KeyField = "listen.tls.keyFile";
    private const string AuthorityField = "listen.tls.clientCaFile";

    private readonly ConcurrentDictionary<ClientIdentity, bool> _live = new();
    private volatile TlsMaterial? _material;

    public TlsStore(string certificateFile, string keyFile, string clientCaFile)
    {
        AsksForCertificate = clientCaFile.Length > 0;
        Paths = AsksForCertificate ? [certificateFile, keyFile, clientCaFile] : [certificateFile, keyFile];
    }

    public string Name => "certificates";

    public IReadOnlyList<string> Paths { get; }

    public IReadOnlyList<string> Fields { get; } = [CertificateField, KeyField, AuthorityField];

    /// <summary>Whether clients have authorities.</summary>
    public bool AsksForCertificate { get; }

    /// <summary>What a handshake uses now.</summary>
    public TlsMaterial Material => _material ?? throw new InvalidOperationException("the certificate files have not been loaded");

    public string InForce => _material is not { } material ? "none"
        : $"{material.Server.TargetCertificate.Subject} "
            + material.Server.TargetCertificate.GetCertHashString(HashAlgorithmName.SHA256)[..16].ToLowerInvariant()
            + $" until {material.NotAfter.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}, client authorities: "
            + (material.Authorities.Count == 0 ? "none" : string.Join("; ", material.Authorities.Select(authority => authority.Subject)));

    public void Load(IReadOnlyList<FileContent> files, ViolationList violations, DateTimeOffset now)
    {
        int before = violations.Items.Count;
        if (files[1].WritableByOthers)
        {
            violations.Add(KeyField, Paths[1], "is writable by every user", "chmod 0600 it", "UNSAFE_MODE");
        }

        SslStreamCertificateContext? server = LoadServer(files, violations, now, out DateTimeOffset notAfter);
        X509Certificate2Collection authorities = AsksForCertificate ? LoadAuthorities(files[2], violations) : [];
        if (server is null || violations.Items.Count > before)
        {
            return;
        }

        _material = new TlsMaterial(server, notAfter, authorities);
        foreach (ClientIdentity client in _live.Keys)
        {
            if (ClientCertificateVerifier.Verify(client.Certificate, client.Intermediates, authorities, now) is not null)
            {
                client.Revoke();
            }
        }
    }

    public void Tick(DateTimeOffset now)
    {
        foreach (ClientIdentity client in _live.Keys)
        {
            if (client.NotAfter < now.UtcDateTime)
            {
                client.Revoke();
            }
        }
    }

    /// <summary>Keeps an eye on a connection until <see cref="Leave"/>.</summary>
    public void Enter(ClientIdentity client) => _live[client] = true;

    public void Leave(ClientIdentity client) => _live.TryRemove(client, out _);

    private SslStreamCertificateContext? LoadServer(IReadOnlyList<FileContent> files, ViolationList violations, DateTimeOffset now,
        out DateTimeOffset notAfter)
    {
        notAfter = default;
        try
        {
            string pem = Encoding.ASCII.GetString(files[0].Bytes);
            X509Certificate2 leaf = X509Certificate2.CreateFromPem(pem, Encoding.ASCII.GetString(files[1].Bytes));
            notAfter = new DateTimeOffset(leaf.NotAfter.ToUniversalTime());
            if (notAfter <= now)
            {
                violations.Add(CertificateField, Paths[0], $"holds a certificate that ended on {notAfter:yyyy-MM-dd HH:mm:ss}Z",
                    "write one that is valid", "EXPIRED");
                return null;
            }

            X509Certificate2Collection chain = [];
            chain.ImportFromPem(pem);
            chain.RemoveAt(0); // The leaf, again.
            return SslStreamCertificateContext.Create(leaf, chain, offline: true);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            violations.Add(CertificateField, Paths[0], $"and the key do not make a certificate ({e.Message})",
                "write a PEM certificate, its intermediates after it, and in listen.tls.keyFile its PEM key without a password",
                "INVALID_CERTIFICATE");
            return null;
        }
    }

    private X509Certificate2Collection LoadAuthorities(FileContent file, ViolationList violations)
    {
        X509Certificate2Collection authorities = [];
        try
        {
            authorities.ImportFromPem(Encoding.ASCII.GetString(file.Bytes));
        }
        catch (CryptographicException)
        {
            authorities.Clear();
        }

        if (authorities.Count == 0)
        {
            violations.Add(AuthorityField, Paths[2], "holds no certificate", "write the PEM certificates of the clients' authorities",
                "INVALID_CERTIFICATE");
        }

        return authorities;
    }
}
