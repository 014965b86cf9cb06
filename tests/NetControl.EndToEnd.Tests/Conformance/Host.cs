using System.Net;
using System.Security.Cryptography;

namespace NetControl.EndToEnd.Tests.Conformance;

/// <summary>A host behind the TUN that is made of nothing but packets: it answers nothing by itself.</summary>
public sealed class Host
{
    private readonly ConformanceWorld _world;
    private readonly List<Seen> _inbox = [];
    private readonly List<string> _transcript = [];
    private readonly Lock _gate = new();
    private TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _fault;
    private int _port = 20_000;

    internal Host(ConformanceWorld world, IPAddress address) => (_world, Address) = (world, address);

    /// <summary>Its address.</summary>
    public IPAddress Address { get; }

    /// <summary>Its family.</summary>
    public bool IsV4 => Wire.IsV4(Address);

    /// <summary>A port that was not used before.</summary>
    public IPEndPoint NextEndPoint() => new(Address, Interlocked.Increment(ref _port));

    /// <summary>Sends a packet as it is.</summary>
    public void Send(byte[] packet)
    {
        Note($"sent {Seen.Read(packet, _world.Now)}");
        _world.Send(packet);
    }

    /// <summary>Sends a body to somebody, in a packet without options.</summary>
    public void Send(IPAddress to, byte protocol, ReadOnlySpan<byte> body, byte ttl = 64, byte tos = 0) => Send(Wire.Ip(Address, to, protocol, body, ttl, tos));

    /// <summary>Sends a datagram.</summary>
    public void SendUdp(IPEndPoint from, IPEndPoint to, ReadOnlySpan<byte> payload) => Send(to.Address, Wire.Udp, Wire.Datagram(from, to, payload));

    /// <summary>An echo request as an ICMP message.</summary>
    public byte[] Echo(IPAddress to, uint rest, ReadOnlySpan<byte> data) => Wire.IcmpMessage(Address, to, (byte)(IsV4 ? 8 : 128), 0, rest, data);

    /// <summary>Random bytes.</summary>
    public static byte[] Bytes(int length) => RandomNumberGenerator.GetBytes(length);

    /// <summary>Waits for a packet that fits, and takes it out.</summary>
    internal async Task<Seen> ExpectAsync(string what, Func<Seen, bool> fits, double seconds = 10)
    {
        TimeSpan end = _world.Now + TimeSpan.FromSeconds(seconds);
        while (true)
        {
            Task arrived;
            lock (_gate)
            {
                int index = _inbox.FindIndex(seen => fits(seen));
                if (index >= 0)
                {
                    Seen found = _inbox[index];
                    _inbox.RemoveAt(index);
                    return found;
                }

                arrived = _arrived.Task;
            }

            TimeSpan left = end - _world.Now;
            if (left <= TimeSpan.Zero || await Task.WhenAny(arrived, Task.Delay(left)) != arrived)
            {
                throw new ConformanceException($"{what} did not come within {seconds} s. What was said:\n{Transcript()}");
            }
        }
    }

    /// <summary>Makes sure that no packet that fits has come or comes for a while.</summary>
    internal async Task ExpectNothingAsync(string what, Func<Seen, bool> fits, int millis = 300)
    {
        await Task.Delay(millis);
        lock (_gate)
        {
            if (_inbox.Find(seen => fits(seen)) is { } found)
            {
                throw new ConformanceException($"{what}, but {found} came. What was said:\n{Transcript()}");
            }
        }
    }

    /// <summary>How many packets that fit have come and were not taken out.</summary>
    internal int Count(Func<Seen, bool> fits)
    {
        lock (_gate)
        {
            return _inbox.Count(fits);
        }
    }

    /// <summary>Forgets what has come so far and fits.</summary>
    internal void Forget(Predicate<Seen> fits)
    {
        lock (_gate)
        {
            _inbox.RemoveAll(fits);
        }
    }

    /// <summary>Waits for an echo reply and for ICMP errors alike.</summary>
    internal Task<Seen> ExpectIcmpAsync(byte type, double seconds = 10) =>
        ExpectAsync($"ICMP type {type}", seen => seen.IsIcmp && seen.Type == type, seconds);

    /// <summary>Asks for an echo: netcontrold lives, and what it had to say before has been said.</summary>
    internal async Task PingAsync(IPAddress to)
    {
        uint rest = BitConverter.ToUInt32(Bytes(4));
        Send(to, Wire.IcmpOf(to), Echo(to, rest, "alive"u8));
        await ExpectAsync("an echo", seen => seen.IsIcmp && seen.Type == (IsV4 ? 0 : 129) && seen.Rest == rest);
    }

    internal void Take(Seen seen)
    {
        TaskCompletionSource arrived;
        lock (_gate)
        {
            Note($"came {seen}");
            _fault ??= seen.Fault is null ? null : seen.ToString();
            _inbox.Add(seen);
            arrived = _arrived;
            _arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        arrived.SetResult();
    }

    internal void RequireSound() => Assert.True(_fault is null, _fault);

    internal void Note(string line)
    {
        lock (_transcript)
        {
            _transcript.Add($"{_world.Now.TotalSeconds:F3} {line}");
        }
    }

    internal string Transcript()
    {
        lock (_transcript)
        {
            return string.Join('\n', _transcript.Count <= 120 ? _transcript : [.. _transcript.Take(60), "...", .. _transcript.TakeLast(60)]);
        }
    }
}
