using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NetControl.Testing.Certificates;

namespace NetControl.EndToEnd.Tests.Tls;

/// <summary>A real stunnel in the server namespace: TLS in front of a SOCKS5 server, with every kind of certificate at a port of its own.</summary>
internal sealed class Stunnel : IDisposable
{
    public const int Valid = 8443;
    public const int Expired = 8444;
    public const int OtherName = 8445;
    public const int Untrusted = 8446;
    public const int WantsCertificate = 8447;
    private const string Name = "proxy.example";
    private readonly TestAuthority _authority = new("NetControl test root");
    private readonly TestAuthority _stranger = new("a stranger");
    private readonly string _folder;

    private Stunnel(string folder) => _folder = folder;

    /// <summary>The tls hop's text that trusts the server, with further options.</summary>
    public string Hop(string more = "") => $"tls:sni=front.example&certname={Name}&ca={_folder}/ca.pem{more}";

    /// <summary>The options that show a certificate.</summary>
    public string Certificate => $"&cert={_folder}/client.pem&key={_folder}/client.key";

    /// <summary>Starts it in front of a SOCKS5 server's port.</summary>
    public static async Task<Stunnel> StartAsync(World world, int socksPort)
    {
        Stunnel stunnel = new(world.Folder);
        await stunnel.WriteAsync(socksPort);
        world.Run(world.Server, "stunnel", Path.Combine(world.Folder, "stunnel.conf"));
        await World.WaitForPortAsync(world.Server, new IPEndPoint(IPAddress.Parse(World.SocksAddress), WantsCertificate));
        return stunnel;
    }

    public void Dispose()
    {
        _authority.Dispose();
        _stranger.Dispose();
    }

    private async Task WriteAsync(int socksPort)
    {
        (string Section, int Port, TestAuthority Authority, string Host, int Age)[] services =
        [
            ("valid", Valid, _authority, Name, 1), ("expired", Expired, _authority, Name, 100), ("other", OtherName, _authority, "other.example", 1),
            ("untrusted", Untrusted, _stranger, Name, 1), ("wants", WantsCertificate, _authority, Name, 1),
        ];
        List<string> lines = ["foreground = yes", "pid =", "socket = l:TCP_NODELAY=1", "socket = r:TCP_NODELAY=1"];
        foreach ((string section, int port, TestAuthority authority, string host, int age) in services)
        {
            using X509Certificate2 certificate = authority.Issue(
                section, TestAuthority.ServerUsage, names => names.AddDnsName(host), TimeSpan.FromHours(age), TimeSpan.FromHours(48));
            await WriteAsync(section, certificate);
            lines.AddRange([$"[{section}]", $"accept = {World.SocksAddress}:{port}", $"connect = {World.SocksAddress}:{socksPort}",
                $"cert = {_folder}/{section}.pem", $"key = {_folder}/{section}.key"]);
        }

        using X509Certificate2 client = _authority.Issue("client", TestAuthority.ClientUsage);
        await WriteAsync("client", client);
        await File.WriteAllTextAsync(Path.Combine(_folder, "ca.pem"), _authority.Pem);
        lines.AddRange([$"CAfile = {_folder}/ca.pem", "verifyChain = yes", "requireCert = yes"]);
        await File.WriteAllLinesAsync(Path.Combine(_folder, "stunnel.conf"), lines);
    }

    private async Task WriteAsync(string name, X509Certificate2 certificate)
    {
        using ECDsa key = certificate.GetECDsaPrivateKey()!;
        await File.WriteAllTextAsync(Path.Combine(_folder, name + ".pem"), certificate.ExportCertificatePem());
        string keyFile = Path.Combine(_folder, name + ".key");
        await File.WriteAllTextAsync(keyFile, key.ExportPkcs8PrivateKeyPem());
        File.SetUnixFileMode(keyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
