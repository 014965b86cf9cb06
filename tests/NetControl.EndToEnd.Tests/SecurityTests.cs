using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using NetControl.Testing;
using NetControl.Testing.Certificates;
using NetControl.Testing.Daemon;

namespace NetControl.EndToEnd.Tests;

/// <summary>netcontrold and netctl as they are installed: who is let in, what is written down, and what the process can still do.</summary>
public sealed class SecurityTests
{
    private const int Refused = 1;
    private const int Unreachable = 4;
    private const ulong NetAdmin = 1 << 12;
    private const string Nobody = "65534";

    [Fact]
    [Trait("Category", "Smoke")]
    public async Task ProcessOfRoot_KeepsOneCapability_InEveryThread_AndNoCoreDumps()
    {
        await using World world = await World.StartAsync();
        string process = $"/proc/{world.Daemon.Id.ToString(CultureInfo.InvariantCulture)}";
        string[] threads = Directory.GetDirectories($"{process}/task");
        Assert.True(threads.Length > 3, $"{threads.Length} threads");
        Assert.All(threads, thread =>
        {
            Dictionary<string, string> status = Status(thread);
            Assert.Equal(
                (NetAdmin, NetAdmin, "1"),
                (Mask(status["CapPrm"]), Mask(status["CapBnd"]), status["NoNewPrivs"]));
        });
        Assert.Equal("netcontrold", (await File.ReadAllTextAsync($"{process}/comm")).Trim());
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));
        Assert.Equal(0, await world.Daemon.TerminateAsync());
    }

    [Fact]
    public async Task OrdinaryUser_WithoutAnyCapability_ServesATunOfItsOwn()
    {
        Tools.Require("setpriv");
        await using World world = World.Create();
        world.StartServers();
        string upstream = await world.StartEgressAsync("socks5");
        world.Client.Ip("tuntap", "add", "dev", "tun0", "mode", "tun", "multi_queue", "user", Nobody);
        world.Client.Ip("addr", "add", "10.77.0.1/24", "dev", "tun0");
        world.Client.Ip("link", "set", "tun0", "up");
        world.Client.Ip("route", "add", "198.18.0.0/15", "dev", "tun0");
        string configuration = world.Configuration(upstream)
            .Replace("    addresses: [\"10.77.0.1/24\", \"fd77::1/64\"]\n", "", StringComparison.Ordinal)
            .Replace("    routes: [\"198.18.0.0/15\", \"fd98::/32\"]\n", "", StringComparison.Ordinal);
        world.LaunchPowerless(
            configuration, Nobody, "mount -t tmpfs none /dev/net && mknod /dev/net/tun c 10 200 && chmod 666 /dev/net/tun");
        await world.Daemon.WaitForReadyAsync();

        // What may not be dumped belongs to root, for everybody who would look into it.
        string process = $"/proc/{world.Daemon.Id.ToString(CultureInfo.InvariantCulture)}";
        Assert.Equal("0", world.Execute("stat", "-c", "%u", $"{process}/environ"));
        Dictionary<string, string> status = Status(process);
        Assert.Equal((0UL, 0UL, "1"), (Mask(status["CapPrm"]), Mask(status["CapBnd"]), status["NoNewPrivs"]));
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));

        // Not even root's group gets in: the default is the process's own user, and root.
        (int code, _, string errors) = Run(world, world.Powerless(Netctl(), "1234", Nobody), "-a", $"unix:{world.SocketPath}", "info");
        Assert.Equal(Refused, code);
        Assert.Contains("NO_ROLE: uid:1234", errors, StringComparison.Ordinal);
        Assert.Equal(0, await world.Daemon.TerminateAsync());
    }

    [Fact]
    public async Task TlsTokensCertificatesAndAudit_WithNetctl_DoWhatTheySay()
    {
        await using World world = World.Create();
        using TestAuthority servers = new("servers");
        using TestAuthority clients = new("clients");
        servers.WriteServer(Path.Combine(world.Folder, "tls.crt"), Path.Combine(world.Folder, "tls.key")).Dispose();
        await File.WriteAllTextAsync(Path.Combine(world.Folder, "servers.crt"), servers.Pem);
        await File.WriteAllTextAsync(Path.Combine(world.Folder, "clients.crt"), clients.Pem);
        using X509Certificate2 client = clients.Issue("ci", TestAuthority.ClientUsage, names => names.AddUri(new Uri("spiffe://prod.example/ci")));
        await File.WriteAllTextAsync(Path.Combine(world.Folder, "ci.crt"), client.ExportCertificatePem());
        await File.WriteAllTextAsync(Path.Combine(world.Folder, "ci.key"), client.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        (int made, string token, string line) = Run(world, [DaemonProcess.Locate()], "token", "boss", "admin", "--expires", "1h");
        Assert.Equal(0, made);
        string tokens = Path.Combine(world.Folder, "tokens");
        string tokenFile = Path.Combine(world.Folder, "boss.token");
        await File.WriteAllTextAsync(tokenFile, token);
        TestAuthority.WriteAtomically(tokens, line);
        string audit = Path.Combine(world.Folder, "audit.jsonl");
        string configuration = world.Configuration("").Replace($"grpc: [\"unix:{world.SocketPath}\"]", $$"""
            grpc: ["unix:{{world.SocketPath}}", "https://127.0.0.1:50443"]
              tokenFile: {{tokens}}
              tls:
                certificateFile: {{world.Folder}}/tls.crt
                keyFile: {{world.Folder}}/tls.key
                clientCaFile: {{world.Folder}}/clients.crt
                clients: [{name: "uri:spiffe://prod.example/*", role: VIEWER}]
            """, StringComparison.Ordinal) + $"audit:\n  file: {audit}\n";
        await world.StartDaemonAsync(configuration);
        string[] secure = ["-a", "https://127.0.0.1:50443", "--ca", $"{world.Folder}/servers.crt"];
        string[] certificate = [.. secure, "--cert", $"{world.Folder}/ci.crt", "--key", $"{world.Folder}/ci.key"];
        string[] bearer = [.. secure, "--token-file", tokenFile];

        // Who is nobody; who may read; who may write; whom we do not trust.
        Assert.Equal((Refused, "UNAUTHENTICATED"), Outcome(Run(world, [Netctl()], [.. secure, "info"])));
        Assert.Equal((0, ""), Outcome(Run(world, [Netctl()], [.. certificate, "devices", "list"])));
        Assert.Equal((Refused, "ROLE_TOO_LOW"), Outcome(Run(world, [Netctl()], [.. certificate, "proxies", "delete", "a", "--force"])));
        Assert.Equal((0, ""), Outcome(Run(world, [Netctl()], [.. bearer, "proxies", "create", "new", "--config", "socks5://u:hunter2@192.0.2.1:1080"])));
        (int code, _, string errors) = Run(world, [Netctl()], "-a", "https://127.0.0.1:50443", "info");
        Assert.Equal(Unreachable, code);
        Assert.Contains("no secure connection to https://127.0.0.1:50443", errors, StringComparison.Ordinal);

        // Nor do they trust a certificate of another authority.
        using X509Certificate2 rogue = servers.Issue("ci", TestAuthority.ClientUsage, names => names.AddUri(new Uri("spiffe://prod.example/ci")));
        await File.WriteAllTextAsync(Path.Combine(world.Folder, "rogue.crt"), rogue.ExportCertificatePem());
        await File.WriteAllTextAsync(Path.Combine(world.Folder, "rogue.key"), rogue.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        string[] bad = [.. secure, "--cert", $"{world.Folder}/rogue.crt", "--key", $"{world.Folder}/rogue.key"];
        Assert.Equal(Unreachable, Run(world, [Netctl()], [.. bad, "info"]).Code);

        // The token is taken back without a restart.
        TestAuthority.WriteAtomically(tokens, "# nobody\n");
        Stopwatch patience = Stopwatch.StartNew();
        while (Run(world, [Netctl()], [.. bearer, "info"]).Code == 0)
        {
            Assert.True(patience.Elapsed < TimeSpan.FromSeconds(30), "the token still works");
        }

        Assert.Equal((Refused, "UNAUTHENTICATED"), Outcome(Run(world, [Netctl()], [.. bearer, "info"])));

        // The audit log has the start, the file that was applied, the two attempts, the tokens that changed, no secret, and follows its name when it is rotated.
        string written = await File.ReadAllTextAsync(audit);
        Assert.DoesNotContain("hunter2", written, StringComparison.Ordinal);
        Assert.Equal(
            [
                "system PROCESS_STARTED OK", "system STARTUP_FILE OK", "uri:spiffe://prod.example/ci proxies/a PERMISSION_DENIED", "token:boss proxies/new OK",
                "system CREDENTIALS_RELOADED OK",
            ],
            written.TrimEnd().Split('\n').Select(Summary));
        File.Move(audit, audit + ".1");
        world.Daemon.Signal("USR1");
        Assert.Equal((0, ""), Outcome(Run(world, [Netctl()], "-a", $"unix:{world.SocketPath}", "proxies", "delete", "new")));
        Assert.Equal(["uid:0 proxies/new OK"], (await File.ReadAllTextAsync(audit)).TrimEnd().Split('\n').Select(Summary));
        PrometheusText metrics = await world.Api.ReadMetricsAsync();
        Assert.Equal(6, metrics.Sum("netcontrol_audit_lines_total", ("result", "written")));
        Assert.Equal(1, metrics.Sum("netcontrol_auth_failures_total", ("reason", "role_too_low")));
        Assert.True(metrics.Sum("netcontrol_tls_handshake_failures_total", ("reason", "certificate_unknown_authority")) >= 1);
        Assert.Equal(0, await world.Daemon.TerminateAsync());
        Assert.Equal("system PROCESS_STOPPED OK", Summary((await File.ReadAllLinesAsync(audit))[^1]));
    }

    private static (int Code, string Reason) Outcome((int Code, string Output, string Errors) run) =>
        (run.Code, run.Errors.StartsWith("netctl: ", StringComparison.Ordinal)
            ? run.Errors["netctl: ".Length..].Split(':')[0].Replace("CREDENTIALS_MISSING", "UNAUTHENTICATED", StringComparison.Ordinal)
                .Replace("CREDENTIALS_INVALID", "UNAUTHENTICATED", StringComparison.Ordinal) : run.Errors);

    private static string Summary(string line)
    {
        JsonElement root = JsonDocument.Parse(line).RootElement;
        string cause = root.GetProperty("cause").GetString()!;
        string about = cause == "CALL" ? root.GetProperty("resource").GetString()! : cause;
        return $"{root.GetProperty("caller").GetProperty("identity").GetString()} {about} {root.GetProperty("code").GetString()}";
    }

    private static Dictionary<string, string> Status(string folder) => File.ReadLines($"{folder}/status").Select(line => line.Split(':', 2))
        .ToDictionary(parts => parts[0], parts => parts[1].Trim(), StringComparer.Ordinal);

    private static ulong Mask(string text) => ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static string Netctl()
    {
        if (Environment.GetEnvironmentVariable("NETCTL") is { Length: > 0 } named)
        {
            return named;
        }

        DirectoryInfo own = new(AppContext.BaseDirectory.TrimEnd('/'));
        return Path.Combine(own.Parent!.Parent!.FullName, "NetControl.Cli", own.Name, "netctl");
    }

    private static (int Code, string Output, string Errors) Run(World world, string[] program, params string[] arguments)
    {
        string[] line = [.. program, .. arguments];
        CommandResult result = world.Client.Execute(line[0], line[1..]);
        return (result.ExitCode, result.Output, result.Error);
    }
}
