using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using NetControl.Testing.Certificates;

namespace NetControl.EndToEnd.Tests;

/// <summary>Names, with dig and curl in front of the device and unbound behind it: how they get through, and where they do not go.</summary>
public sealed class DnsTests
{
    private const string Unbound = "198.18.0.54";
    private const string Cluster = "10.99.0.2";
    private const string Nobody = "198.18.77.77"; // some resolver's address, for what is answered on the way
    private static readonly string[] s_dig = ["+time=5", "+tries=1"];

    [Fact]
    [Trait("Category", "Smoke")]
    public async Task Truncate_BehindAProxyWithoutUdp_LeadsDigToTcp()
    {
        await using World world = World.Create();
        await StartUnboundAsync(world, "remote", Unbound, "www.example.com. A 198.18.0.80");
        string socks = await world.StartEgressAsync("microsocks");
        await world.StartDaemonAsync(world.Configuration($"{socks}|dnstruncate:"));
        string answer = Dig(world, Unbound, "www.example.com", "A");
        Assert.Contains(";; Truncated, retrying in TCP mode.", answer, StringComparison.Ordinal);
        Assert.Contains("198.18.0.80", answer, StringComparison.Ordinal);
        using Socket other = world.Udp();
        await other.ConnectAsync(IPAddress.Parse(Unbound), 443);
        await other.SendAsync(new byte[] { 1 });
        Assert.Equal(SocketError.ConnectionRefused, (await Assert.ThrowsAsync<SocketException>(() => other.ReceiveAsync(new byte[1]))).SocketErrorCode);
    }

    [Fact]
    public async Task Intercept_LeadsTheLocalResolversAddressToAnother()
    {
        await using World world = World.Create();
        await StartUnboundAsync(world, "remote", Unbound, "www.example.com. A 198.18.0.80");
        await world.StartDaemonAsync(world.Configuration($"dnsintercept:local={Nobody}&remote={Unbound}"));
        foreach (string[] way in (string[][])[[], ["+tcp"]])
        {
            string answer = Dig(world, Nobody, [.. way, "www.example.com", "A"]);
            Assert.Contains("198.18.0.80", answer, StringComparison.Ordinal);
            Assert.Contains($"SERVER: {Nobody}#53", answer, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData($"do53:address={Unbound}")]
    [InlineData($"do53:address={Unbound}&cache=100")]
    [InlineData($"dot:address={Unbound}&name=dns.test")]
    [InlineData($"doh:name=dns.test&address={Unbound}")]
    public async Task ProxyByName_IsFoundAtTheResolverOfTheChain(string hop)
    {
        await using World world = World.Create();
        using TestAuthority authority = new("resolvers");
        await StartUnboundAsync(world, "remote", Unbound, "proxy.test. A 10.99.0.2", authority);
        world.StartServers();
        await world.StartEgressAsync("microsocks");
        string roots = Path.Combine(world.Folder, "roots.pem");
        await File.WriteAllTextAsync(roots, authority.Pem, TestContext.Current.CancellationToken);
        world.LaunchDaemon(world.Configuration($"{hop}|socks5://proxy.test:1080"), "env", $"SSL_CERT_FILE={roots}");
        await world.Daemon.WaitForReadyAsync();
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));
        }
    }

    [Theory]
    [InlineData("nameserver 198.18.0.54\n", "127.0.0.1 localhost\n", "proxy.test")]
    [InlineData("nameserver 198.18.0.54\nsearch test\noptions ndots:5\n", "127.0.0.1 localhost\n", "proxy")]
    [InlineData("nameserver 198.18.0.99\n", "10.99.0.2 proxy.test\n", "proxy.test")]
    public async Task ProxyByName_WithTheDefaultRouteInTheDevice_IsFoundOutsideIt(string resolvConf, string hosts, string name)
    {
        await using World world = World.Create();
        DirectoryInfo etc = Directory.CreateDirectory($"/etc/netns/{world.Client.Name}");
        await File.WriteAllTextAsync(Path.Combine(etc.FullName, "resolv.conf"), resolvConf, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(etc.FullName, "hosts"), hosts, TestContext.Current.CancellationToken);
        await StartUnboundAsync(world, "remote", Unbound, "proxy.test. A 10.99.0.2");
        world.StartServers();
        await world.StartEgressAsync("microsocks");
        string configuration = world.Configuration($"socks5://{name}:1080")
            .Replace("\"198.18.0.0/15\", \"fd98::/32\"", "\"0.0.0.0/0\", \"::/0\"", StringComparison.Ordinal);
        await world.StartDaemonAsync(configuration);
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));
        Assert.DoesNotContain("loop", world.DaemonErrors, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Split_NamesOfTheCluster_GoToItsResolver_AllOthersThroughTheProxy(bool proxyWorks)
    {
        await using World world = World.Create();
        string remote = await StartUnboundAsync(world, "remote", Unbound, "www.example.com. A 198.18.0.80");
        string cluster = await StartUnboundAsync(
            world, "cluster", Cluster, "db.shop.svc.cluster.local. A 10.96.1.1", zone: "cluster.local.", reverse: "10.96.1.1 db.shop.svc.cluster.local");
        string socks = proxyWorks ? await world.StartEgressAsync("microsocks") : "socks5://10.99.0.2:1999";
        await world.StartDaemonAsync(
            world.Configuration($"{socks}|dnssplit:direct=cluster.local,10.0.0.0/8&resolver={Cluster}&remote={Unbound}"));
        foreach (string[] way in (string[][])[[], ["+tcp"]])
        {
            Assert.Contains("10.96.1.1", Dig(world, Nobody, [.. way, "db.shop.svc.cluster.local", "A"]), StringComparison.Ordinal);
            Assert.Contains("db.shop.svc.cluster.local.", Dig(world, Nobody, [.. way, "-x", "10.96.1.1"]), StringComparison.Ordinal);
            string outside = Dig(world, Nobody, [.. way, "www.example.com", "A"]);
            Assert.Contains(proxyWorks ? "198.18.0.80" : "status: SERVFAIL", outside, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("example.com", await File.ReadAllTextAsync(cluster, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.DoesNotContain("cluster.local", await File.ReadAllTextAsync(remote, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tls")]
    [InlineData("https")]
    public async Task Split_TheRemoteResolver_IsAskedInsideTls_ThroughTheProxy(string over)
    {
        await using World world = World.Create();
        using TestAuthority authority = new("resolvers");
        string remote = await StartUnboundAsync(world, "remote", Unbound, "www.example.com. A 198.18.0.80", authority);
        string socks = await world.StartEgressAsync("microsocks");
        string roots = Path.Combine(world.Folder, "roots.pem");
        await File.WriteAllTextAsync(roots, authority.Pem, TestContext.Current.CancellationToken);
        string chain = $"{socks}|dnssplit:direct=cluster.local&resolver={Cluster}&remote={Unbound}&over={over}&name=dns.test";
        world.LaunchDaemon(world.Configuration(chain), "env", $"SSL_CERT_FILE={roots}");
        await world.Daemon.WaitForReadyAsync();
        foreach (string[] way in (string[][])[[], ["+tcp"], []])
        {
            Assert.Contains("198.18.0.80", Dig(world, Nobody, [.. way, "www.example.com", "A"]), StringComparison.Ordinal);
        }

        Assert.Contains("www.example.com. A IN", await File.ReadAllTextAsync(remote, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private static string Dig(World world, string server, params string[] arguments) =>
        world.Execute("dig", [.. s_dig, $"@{server}", .. arguments]);

    /// <summary>Starts unbound in the server namespace with one record, over TLS and HTTPS too if there is an authority; returns its log's path.</summary>
    private static async Task<string> StartUnboundAsync(
        World world, string name, string address, string record, TestAuthority? authority = null, string zone = "example.com.", string? reverse = null)
    {
        string file = Path.Combine(world.Folder, $"{name}.conf");
        string log = Path.Combine(world.Folder, $"{name}.log");
        string tls = "";
        if (authority is not null)
        {
            string certificate = Path.Combine(world.Folder, $"{name}.crt");
            string key = Path.Combine(world.Folder, $"{name}.key");
            using X509Certificate2 server = authority.Issue("resolver", TestAuthority.ServerUsage, names => names.AddDnsName("dns.test"));
            TestAuthority.WriteAtomically(certificate, server.ExportCertificatePem());
            TestAuthority.WriteAtomically(key, server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
            tls = $"""
                  interface: {address}@853
                  interface: {address}@443
                  tls-port: 853
                  https-port: 443
                  tls-service-key: "{key}"
                  tls-service-pem: "{certificate}"
                """;
        }

        await File.WriteAllTextAsync(file, $"""
            server:
              directory: "{world.Folder}"
              chroot: ""
              username: ""
              pidfile: ""
              use-syslog: no
              logfile: "{log}"
              log-queries: yes
              do-daemonize: no
              module-config: "iterator"
              access-control: 0.0.0.0/0 allow
              interface: {address}@53
            {tls}
              local-zone: "{zone}" static
              local-zone: "test." static
              local-zone: "10.in-addr.arpa." static
              local-data: "{record}"
              {(reverse is null ? "" : $"local-data-ptr: \"{reverse}\"")}
            remote-control:
              control-enable: no

            """);
        world.Run(world.Server, "unbound", "-d", "-c", file);
        await World.WaitForPortAsync(world.Server, new IPEndPoint(IPAddress.Parse(address), authority is null ? 53 : 853));
        return log;
    }
}
