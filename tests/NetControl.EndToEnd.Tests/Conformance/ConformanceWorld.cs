using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Reflection;
using NetControl.Testing;
using NetControl.Testing.Raw;

namespace NetControl.EndToEnd.Tests.Conformance;

/// <summary>One netcontrold for all scenarios, which run at the same time: each is a host of its own behind the TUN, with an address that the kernel does not have.</summary>
/// <remarks>
/// What a host sends goes onto the interface by a packet socket; what netcontrold writes to the host's address comes back the same way, and
/// the kernel's own stack drops it, since the address is not its own and it does not forward. <c>NETCONTROL_CONFORMANCE=text</c> runs only
/// scenarios whose name contains the text.
/// </remarks>
public sealed class ConformanceWorld : IAsyncLifetime
{
    // ICMP errors are limited to 200 a second: whoever asks for more at once must be refused, and rightly.
    private static readonly TimeSpan s_stagger = TimeSpan.FromMilliseconds(6);
    private readonly ConcurrentDictionary<IPAddress, Host> _hosts = [];
    private readonly Lock _gate = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private Dictionary<string, Task>? _running;
    private World? _world;
    private PacketSocket? _wire;
    private Thread? _listener;
    private volatile bool _ending;
    private int _addresses;

    /// <summary>All scenarios: the public methods of the classes derived from <see cref="Scenarios"/>.</summary>
    public static IReadOnlyList<MethodInfo> All { get; } =
    [
        .. typeof(Scenarios).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(Scenarios)))
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            .Where(method => method.Name.Contains(Environment.GetEnvironmentVariable("NETCONTROL_CONFORMANCE") ?? "", StringComparison.OrdinalIgnoreCase)),
    ];

    /// <summary>The time since the start.</summary>
    internal TimeSpan Now => Stopwatch.GetElapsedTime(_start);

    /// <summary>The namespaces behind.</summary>
    internal World World => _world ?? throw new InvalidOperationException("not started");

    /// <summary>Which families a scenario is for.</summary>
    public static IEnumerable<string> FamiliesOf(MethodInfo scenario) =>
        scenario.DeclaringType!.Name.EndsWith("V4Scenarios", StringComparison.Ordinal) ? ["IPv4"]
        : scenario.DeclaringType!.Name.EndsWith("V6Scenarios", StringComparison.Ordinal) ? ["IPv6"]
        : ["IPv4", "IPv6"];

    /// <summary>The result of a scenario; the first call starts them all.</summary>
    public Task RunAsync(string scenario, string family)
    {
        lock (_gate)
        {
            _running ??= StartAll();
            return _running[$"{scenario} {family}"];
        }
    }

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => default;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_running is { } running)
        {
            await Task.WhenAll(running.Values).ContinueWith(_ => { }, TaskScheduler.Default);
        }

        _ending = true;
        _listener?.Join();
        _wire?.Dispose();
        if (_world is { } world)
        {
            await world.DisposeAsync();
        }
    }

    /// <summary>Puts a packet onto the TUN.</summary>
    internal void Send(ReadOnlySpan<byte> packet) => _wire!.Send(packet);

    /// <summary>A new host.</summary>
    internal Host AddHost(bool v4)
    {
        int number = Interlocked.Increment(ref _addresses);
        IPAddress address = IPAddress.Parse(v4 ? $"10.77.{1 + (number / 200)}.{1 + (number % 200)}" : $"fd77::7:{number:x}");
        Host host = new(this, address);
        _hosts[address] = host;
        return host;
    }

    private Dictionary<string, Task> StartAll()
    {
        NetNamespace.RequireRoot();
        Task started = StartAsync();
        Dictionary<string, Task> running = [];
        foreach (MethodInfo scenario in All)
        {
            foreach (string family in FamiliesOf(scenario))
            {
                TimeSpan turn = s_stagger * running.Count;
                running.Add($"{scenario.Name} {family}", StartOneAsync(scenario, family == "IPv4", started, turn));
            }
        }

        return running;
    }

    private async Task StartOneAsync(MethodInfo scenario, bool v4, Task started, TimeSpan turn)
    {
        await started;
        await Task.Delay(turn);
        Scenarios made = (Scenarios)Activator.CreateInstance(scenario.DeclaringType!)!;
        made.Rig = this;
        Host host = AddHost(v4);
        try
        {
            await (Task)scenario.Invoke(made, [host])!;
            host.RequireSound();
        }
        catch (Exception e) when (e is not ConformanceException)
        {
            throw new ConformanceException($"{(e is TargetInvocationException ? e.InnerException!.ToString() : e.Message)}\nwhat was said:\n{host.Transcript()}", e);
        }
        finally
        {
            foreach (IDisposable thing in made.Held)
            {
                thing.Dispose();
            }
        }
    }

    private async Task StartAsync()
    {
        _world = World.Create();
        _world.StartServers();
        await _world.StartDaemonAsync(_world.Configuration("").Replace("10.77.0.1/24", "10.77.0.1/16", StringComparison.Ordinal));
        _wire = PacketSocket.Open(_world.Client, "tun0");
        _listener = new Thread(Listen) { IsBackground = true, Name = "conformance" };
        _listener.Start();
    }

    private void Listen()
    {
        byte[] buffer = new byte[70_000];
        while (!_ending)
        {
            int count = _wire!.Receive(buffer);
            if (count <= OffloadedPacket.NotesLength)
            {
                continue;
            }

            TimeSpan at = Now;
            foreach (byte[] packet in OffloadedPacket.ToWire(buffer.AsSpan(0, count)))
            {
                Seen seen = Seen.Read(packet, at);
                if (_hosts.TryGetValue(seen.Destination, out Host? host))
                {
                    host.Take(seen);
                }
            }
        }
    }
}
