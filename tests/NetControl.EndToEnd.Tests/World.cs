using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using NetControl.Testing;
using NetControl.Testing.Daemon;
using NetControl.Testing.Origin;
using NetControl.Testing.Proxies;

namespace NetControl.EndToEnd.Tests;

/// <summary>
/// The bench harness' topology: a client namespace with the device and a veth, and a server namespace that is the whole world behind it.
/// </summary>
/// <remarks>
/// <code>
///   client                                      server
///     tun0 10.77.0.1 fd77::1                      lo  198.18.0.0/15 fd98::/64: origin :80, echo :7, DNS :53
///     v0   10.99.0.1 fd99::1  ---- veth ----      v1  10.99.0.2 fd99::2: SOCKS5 servers
/// </code>
/// What a client sends to the world's addresses goes into the device by netcontrold's own rule; netcontrold's marked sockets take the veth.
/// </remarks>
internal sealed partial class World : IAsyncDisposable
{
    public const string Device = "devices/tun0";
    public const string Delegate = "delegates/egress";
    public const string Web4 = "198.18.0.80";
    public const string Web6 = "fd98::80";
    public const string Dns4 = "198.18.0.53";
    public const string Dns6 = "fd98::53";
    public const string SocksAddress = "10.99.0.2";
    public static readonly IPEndPoint Echo4 = new(IPAddress.Parse("198.18.0.7"), 7);
    public static readonly IPEndPoint Echo6 = new(IPAddress.Parse("fd98::7"), 7);

    /// <summary>Destinations that the world's router calls unreachable, drops silently, or that this machine has no way to.</summary>
    public const string Unreachable4 = "198.19.1.1";
    public const string Unreachable6 = "fd98:0:0:1::1";
    public const string Silent4 = "198.19.2.1";
    public const string NoWay4 = "198.19.3.1";
    public const string NoWay6 = "fd98:0:0:3::1";

    /// <summary>Who <c>danted-password</c> lets in.</summary>
    public const string User = "netcontrol-e2e";
    public const string Password = "secret";
    private const int HttpPort = 9464;

    private readonly List<IDisposable> _servers = [];
    private readonly List<IAsyncDisposable> _programs = [];
    private DaemonProcess? _daemon;
    private DaemonClient? _client;

    private World()
    {
        Client = NetNamespace.Create();
        Server = NetNamespace.Create();
        Folder = Directory.CreateTempSubdirectory("netcontrol-e2e-").FullName;
        string c = Client.Name;
        string s = Server.Name;
        Batch($"""
            link add v0 netns {c} type veth peer name v1 netns {s}
            """);
        Client.Execute("sysctl", "-qw", "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf.v0.accept_dad=0");
        Server.Execute("sysctl", "-qw", "net.ipv6.conf.v1.accept_dad=0", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", "net.ipv4.icmp_ratelimit=0");
        Batch($"""
            -n {c} addr add 10.99.0.1/24 dev v0
            -n {c} addr add fd99::1/64 dev v0 nodad
            -n {c} link set v0 up
            -n {s} addr add 10.99.0.2/24 dev v1
            -n {s} addr add fd99::2/64 dev v1 nodad
            -n {s} link set v1 up
            -n {c} route add default via 10.99.0.2
            -n {c} -6 route add default via fd99::2
            -n {c} route add unreachable 198.19.3.0/24
            -n {c} -6 route add unreachable fd98:0:0:3::/64
            -n {s} addr add 198.18.0.1/32 dev lo
            -n {s} addr add fd98::1/128 dev lo nodad
            -n {s} addr add {Echo6.Address}/128 dev lo nodad
            -n {s} addr add {Dns6}/128 dev lo nodad
            -n {s} addr add {Web6}/128 dev lo nodad
            -n {s} route add local 198.18.0.0/16 dev lo
            -n {s} route add unreachable 198.19.1.0/24
            -n {s} -6 route add unreachable fd98:0:0:1::/64
            -n {s} route add blackhole 198.19.2.0/24
            """);
        SocketPath = Path.Combine(Folder, "grpc.sock");
    }

    public NetNamespace Client { get; }

    public NetNamespace Server { get; }

    /// <summary>A temporary folder of this test.</summary>
    public string Folder { get; }

    /// <summary>Where netcontrold serves gRPC.</summary>
    public string SocketPath { get; }

    /// <summary>The running netcontrold.</summary>
    public DaemonProcess Daemon => _daemon ?? throw new InvalidOperationException("netcontrold is not running");

    /// <summary>What the last netcontrold wrote to standard error so far.</summary>
    public string DaemonErrors => _daemon?.Errors ?? "";

    /// <summary>Talks to the running netcontrold.</summary>
    public DaemonClient Api => _client ??= new DaemonClient(
        SocketPath, new IPEndPoint(IPAddress.Loopback, HttpPort), () => Client.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)));

    /// <summary>The namespaces, without servers and without netcontrold.</summary>
    public static World Create() => new();

    /// <summary>A world with its web, echo and DNS servers, and netcontrold with its way out.</summary>
    public static async Task<World> StartAsync(string egress = "direct")
    {
        World world = new();
        try
        {
            world.StartServers();
            string upstream = await world.StartEgressAsync(egress);
            await world.StartDaemonAsync(world.Configuration(upstream));
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the world's web, echo and DNS servers.</summary>
    public void StartServers() => Server.RunInside(() =>
    {
        _servers.Add(new OriginServer(new IPEndPoint(IPAddress.IPv6Any, 80)));
        _servers.Add(new EchoServer(Echo4.Address, Echo4.Port));
        _servers.Add(new EchoServer(Echo6.Address, Echo6.Port));
        _servers.Add(new DnsServer(new IPEndPoint(IPAddress.Parse(Dns4), 53), IPAddress.Parse(Web4), IPAddress.Parse(Web6)));
        _servers.Add(new DnsServer(new IPEndPoint(IPAddress.Parse(Dns6), 53), IPAddress.Parse(Web4), IPAddress.Parse(Web6)));
    });

    /// <summary>Starts a name server that knows every name by one address.</summary>
    public void StartNameServer(string at, string answer) => Server.RunInside(() => _servers.Add(
        new DnsServer(new IPEndPoint(IPAddress.Parse(at), 53), IPAddress.Parse(answer), IPAddress.Parse("fd99::ffff"))));

    /// <summary>Starts a way out and returns its configuration text: <c>direct</c>, <c>danted</c>, <c>danted-password</c>, <c>microsocks</c> or <c>socks5</c> (ours).</summary>
    public async Task<string> StartEgressAsync(string egress)
    {
        switch (egress)
        {
            case "direct":
                return "";
            case "socks5":
                return $"socks5://{StartSocks5().EndPoint}";
            case "danted" or "danted-password":
                bool password = egress == "danted-password";
                string file = Path.Combine(Folder, "danted.conf");
                await File.WriteAllTextAsync(file, $$"""
                    logoutput: stderr
                    internal: 10.99.0.2 port = 1080
                    external: 198.18.0.1
                    external: fd98::1
                    clientmethod: none
                    socksmethod: {{(password ? "username" : "none")}}
                    user.privileged: root
                    user.unprivileged: root
                    client pass { from: 0/0 to: 0/0 }
                    socks pass { from: 0/0 to: 0/0 }

                    """);
                string[] danted = ["danted", "-f", file, "-p", Path.Combine(Folder, "danted.pid")];
                if (!password)
                {
                    Run(Server, danted[0], danted[1..]);
                    break;
                }

                // Its users are the system's: inside ip netns exec it sees its own.
                Tools.Require(danted[0]);
                await AddUserAsync("passwd", $"{User}:x:59999:59999::/:/bin/false\n");
                await AddUserAsync("shadow", $"{User}:$6$netcontrol$x5ytbpqc7PmZU8UG.BquN7SxrUFlolDXf84JwMo6pqPq8CtnB5TQmWN0MdD0/P6yqrKG3CI09Jiz0DzTfwuvI1:19000:0:99999:7:::\n");
                Run(Server, "sh", "-c", $"mount --bind {Folder}/passwd /etc/passwd && mount --bind {Folder}/shadow /etc/shadow && exec {string.Join(' ', danted)}");
                await WaitForPortAsync(Server, new IPEndPoint(IPAddress.Parse(SocksAddress), 1080));
                return $"socks5://{User}:{Password}@{SocksAddress}:1080";
            default:
                Run(Server, "microsocks", "-i", SocksAddress, "-p", "1080");
                break;
        }

        await WaitForPortAsync(Server, new IPEndPoint(IPAddress.Parse(SocksAddress), 1080));
        return $"socks5://{SocksAddress}:1080";
    }

    private async Task AddUserAsync(string name, string line) =>
        await File.WriteAllTextAsync(Path.Combine(Folder, name), await File.ReadAllTextAsync($"/etc/{name}") + line);

    /// <summary>Starts one of our SOCKS5 servers in the server namespace.</summary>
    public Socks5Server StartSocks5(int port = 0)
    {
        Socks5ServerOptions options = new()
        {
            Listen = new IPEndPoint(IPAddress.Parse(SocksAddress), port),
            MakeSocket = (family, type, protocol) => Server.Run(() => new Socket(family, type, protocol)),
        };
        Socks5Server server = Server.Run(() => new Socks5Server(options));
        _servers.Add(server);
        return server;
    }

    /// <summary>The usual configuration: one device, one delegate, and proxies a, b, ... of which the delegate points at the first.</summary>
    public string Configuration(params string[] proxies)
    {
        IEnumerable<string> entries = proxies.Select((config, i) => $$"""
              - name: proxies/{{(char)('a' + i)}}
                config: "{{config}}"
            """);
        return $"""
            listen:
              grpc: ["unix:{SocketPath}"]
              http: "http://127.0.0.1:{HttpPort.ToString(CultureInfo.InvariantCulture)}"
            devices:
              - name: {Device}
                addresses: ["10.77.0.1/24", "fd77::1/64"]
                routes: ["198.18.0.0/15", "fd98::/32"]
                streamDialer: {Delegate}
                packetProxy: {Delegate}
            delegates:
              - name: {Delegate}
                proxy: proxies/a
            proxies:
            {string.Join('\n', entries)}

            """;
    }

    /// <summary>Starts netcontrold in the client namespace and waits until it is ready.</summary>
    public async Task StartDaemonAsync(string configuration, params string[] options)
    {
        LaunchDaemonWith(configuration, options);
        await Daemon.WaitForReadyAsync();
    }

    /// <summary>Starts netcontrold in the client namespace, behind a prefix such as <c>setpriv</c>, and does not wait.</summary>
    public DaemonProcess LaunchDaemon(string configuration, params string[] prefix) => Launch(configuration, [.. prefix, DaemonProcess.Locate()], []);

    /// <summary>Starts netcontrold in the client namespace with further options, and does not wait.</summary>
    public DaemonProcess LaunchDaemonWith(string configuration, params string[] options) => Launch(configuration, [DaemonProcess.Locate()], options);

    /// <summary>Starts netcontrold in the client namespace as a user without any capability, and does not wait. See <see cref="Powerless"/>.</summary>
    public DaemonProcess LaunchPowerless(string configuration, string user, string preparation, params string[] options) =>
        Launch(configuration, Powerless(DaemonProcess.Locate(), user, user, preparation), options);

    /// <summary>The beginning of a command line that runs a program as a user without any capability.</summary>
    /// <param name="program">Where it is.</param>
    /// <param name="user">Its user.</param>
    /// <param name="group">Its group.</param>
    /// <param name="preparation">What root's shell does before, in the mount namespace of the program alone.</param>
    /// <remarks>The program is seen in <see cref="Folder"/>, which is opened to everybody, and starts where it may not look: the checkout may
    /// lie in /root.</remarks>
    public string[] Powerless(string program, string user, string group, string preparation = "true")
    {
        File.SetUnixFileMode(Folder, (UnixFileMode)0x1FF);
        string seen = Directory.CreateDirectory(Path.Combine(Folder, "program")).FullName;
        string closed = Directory.CreateDirectory(Path.Combine(Folder, "closed"), UnixFileMode.UserRead | UnixFileMode.UserExecute).FullName;
        return
        [
            "unshare", "-m", "sh", "-c", $"mount --bind \"$0\" {seen} && {preparation} && cd {closed} && exec \"$@\"",
            Path.GetDirectoryName(program)!,
            "setpriv", $"--reuid={user}", $"--regid={group}", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all",
            Path.Combine(seen, Path.GetFileName(program)),
        ];
    }

    /// <summary>Where the configuration file is, once netcontrold was started.</summary>
    public string ConfigurationFile => Path.Combine(Folder, "netcontrol.yaml");

    /// <summary>A configuration that says where to listen, and nothing else.</summary>
    public string ListenOnly => $"""
        listen:
          grpc: ["unix:{SocketPath}"]
          http: "http://127.0.0.1:{HttpPort.ToString(CultureInfo.InvariantCulture)}"

        """;

    /// <summary>Subscribes to the session events and waits for the snapshot.</summary>
    public async Task<SessionLedger> FollowAsync()
    {
        SessionLedger ledger = new(Api);
        await ledger.Started;
        return ledger;
    }

    /// <summary>Runs a program in the background until the end of the test. A test that needs a program which is missing skips, or fails in CI.</summary>
    public void Run(NetNamespace where, string file, params string[] arguments)
    {
        Tools.Require(file);
        _programs.Add(new BackgroundProgram(Process.Start(new ProcessStartInfo("ip", ["netns", "exec", where.Name, file, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!));
    }

    /// <summary>Runs a program in the client namespace, expects success and returns its output.</summary>
    public string Execute(string file, params string[] arguments)
    {
        Tools.Require(file);
        CommandResult result = Client.Execute(file, arguments);
        Assert.True(result.ExitCode == 0, $"{file} {string.Join(' ', arguments)}: {result.ExitCode}: {result.Error}{result.Output}\nnetcontrold said:\n{_daemon?.Errors}");
        return result.Output.Trim();
    }

    /// <summary>Waits until the device is in a state.</summary>
    public async Task ExpectStateAsync(Protocol.V1.Device.Types.State state)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(10));
        Protocol.V1.GetDeviceRequest request = new() { Name = Device };
        while ((await Api.Devices.GetDeviceAsync(request, cancellationToken: limit.Token)).Device.State != state)
        {
            await Task.Delay(20, limit.Token);
        }
    }

    /// <summary>Waits until the kernel's state is what it was: what follows from a lost carrier it does up to a second later.</summary>
    public async Task ExpectKernelStateAsync(string before)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(10));
        string now = KernelState();
        while (now != before && !limit.IsCancellationRequested)
        {
            await Task.Delay(50, CancellationToken.None);
            now = KernelState();
        }

        Assert.Equal(before, now);
    }

    /// <summary>Addresses, routes, rules and interfaces of the client namespace, as text to compare.</summary>
    /// <remarks>Without what is no setting: the carrier follows whoever has the interface open, and a queueing
    /// discipline and the kernel's mode of making IPv6 addresses come with the first use.</remarks>
    public string KernelState()
    {
        string all = string.Join('\n', (string[])
        [
            Client.Ip("-o", "addr"),
            Client.Ip("-4", "route", "show", "table", "all"),
            Client.Ip("-6", "route", "show", "table", "all"),
            Client.Ip("-4", "rule"),
            Client.Ip("-6", "rule"),
            Client.Ip("-o", "-d", "link"),
        ]);
        return LiveState().Replace(all, "");
    }

    /// <summary>Makes sockets that live in the client namespace.</summary>
    public Socket[] Sockets(int count, SocketType type, AddressFamily family) => Client.Run(() =>
        Enumerable.Range(0, count).Select(_ => new Socket(family, type, type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp)).ToArray());

    /// <summary>Makes a TCP socket that lives in the client namespace.</summary>
    public Socket Tcp(AddressFamily family = AddressFamily.InterNetwork) => Sockets(1, SocketType.Stream, family)[0];

    /// <summary>Makes a UDP socket that lives in the client namespace.</summary>
    public Socket Udp(AddressFamily family = AddressFamily.InterNetwork) => Sockets(1, SocketType.Dgram, family)[0];

    /// <summary>An HTTP client in the client namespace. Every request has a connection of its own: the origin closes it.</summary>
    public HttpClient Http() => new(new SocketsHttpHandler
    {
        ConnectTimeout = TimeSpan.FromSeconds(30),
        ConnectCallback = async (context, cancellation) =>
        {
            IPAddress address = IPAddress.Parse(context.DnsEndPoint.Host);
            Socket socket = Tcp(address.AddressFamily);
            socket.NoDelay = true;
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, context.DnsEndPoint.Port), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    })
    { Timeout = TimeSpan.FromMinutes(3) };

    /// <summary>Waits until somebody listens there.</summary>
    public static async Task WaitForPortAsync(NetNamespace where, IPEndPoint endPoint)
    {
        for (long start = Stopwatch.GetTimestamp(); ;)
        {
            using Socket socket = where.Run(() => new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
            try
            {
                await socket.ConnectAsync(endPoint);
                return;
            }
            catch (SocketException) when (Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(15))
            {
                await Task.Delay(20);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        foreach (IAsyncDisposable program in Enumerable.Reverse(_programs))
        {
            await program.DisposeAsync();
        }

        foreach (IDisposable server in _servers)
        {
            server.Dispose();
        }

        Client.Dispose();
        Server.Dispose();
        Directory.Delete(Folder, recursive: true);
        string names = $"/etc/netns/{Client.Name}";
        if (Directory.Exists(names))
        {
            Directory.Delete(names, recursive: true);
        }
    }

    [GeneratedRegex(" linkdown| (qdisc|state|addrgenmode) \\S+|NO-CARRIER,|,LOWER_UP", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LiveState();

    private DaemonProcess Launch(string configuration, string[] program, string[] options)
    {
        File.WriteAllText(ConfigurationFile, configuration);
        _daemon = DaemonProcess.Start(["ip", "netns", "exec", Client.Name, .. program, "--config", ConfigurationFile, .. options]);
        _programs.Add(_daemon);
        return _daemon;
    }

    private static void Batch(string commands)
    {
        foreach (string command in commands.Split('\n'))
        {
            CommandResult result = NetNamespace.RunCommand("ip", command.Split(' ', StringSplitOptions.RemoveEmptyEntries));
            if (result.ExitCode != 0)
            {
                throw new InvalidOperationException($"ip {command}: {result.Error}");
            }
        }
    }
}
