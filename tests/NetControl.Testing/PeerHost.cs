using System.Diagnostics;
using NetControl.Network;
using NetControl.Stack;
using NetControl.Stack.Ip;
using NetControl.Stack.Wire;

namespace NetControl.Testing;

/// <summary>The application side of a device: opens <see cref="TcpPeer"/>s, sends and expects datagrams, ICMP and raw packets.</summary>
/// <remarks>A thread reads the device, a timer drives the peers' clocks. What belongs to no peer is kept for <see cref="ExpectAsync"/>.</remarks>
public sealed class PeerHost : IDisposable
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(10);
    private readonly IIPDevice _device;
    private readonly Thread _reader;
    private readonly Timer _timer;
    private readonly Dictionary<FlowKey, TcpPeer> _peers = [];
    private readonly List<byte[]> _others = [];
    private readonly Reassembler _reassembler = new();
    private TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private uint _fragmentId;
    private int _nextPort = 20_000;

    /// <summary>Begins to read the device.</summary>
    public PeerHost(IIPDevice device)
    {
        _device = device;
        _reader = new Thread(ReadAll) { IsBackground = true, Name = "peer-host" };
        _reader.Start();
        _timer = new Timer(static host => ((PeerHost)host!).Tick(), this, s_tick, s_tick);
    }

    /// <summary>The longest wait for something that must happen.</summary>
    public static TimeSpan Patience => TimeSpan.FromSeconds(20);

    /// <summary>The client's IPv4 address.</summary>
    public static IpAddr AddressV4 { get; } = IpAddr.Parse("10.0.0.2");

    /// <summary>The client's IPv6 address.</summary>
    public static IpAddr AddressV6 { get; } = IpAddr.Parse("fd77::2");

    /// <summary>The device.</summary>
    public IIPDevice Device => _device;

    /// <summary>Packets that were read.</summary>
    public long PacketsRead { get; private set; }

    internal Lock Gate { get; } = new();

    internal static Instant Now => new((long)(Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000.0)));

    /// <summary>A source socket that was not used before, of the family of a destination.</summary>
    public AddrPort NextSource(AddrPort destination) =>
        new(destination.IsV4 ? AddressV4 : AddressV6, (ushort)Interlocked.Increment(ref _nextPort));

    /// <summary>Opens a connection and waits for the handshake.</summary>
    /// <exception cref="IOException">It was reset.</exception>
    public async Task<TcpPeer> ConnectAsync(AddrPort destination, AddrPort? source = null, uint? isn = null)
    {
        TcpPeer peer = Begin(destination, source, isn);
        await peer.EstablishedAsync();
        return peer;
    }

    /// <summary>Sends a SYN and does not wait.</summary>
    public TcpPeer Begin(AddrPort destination, AddrPort? source = null, uint? isn = null)
    {
        TcpPeer peer = new(this, source ?? NextSource(destination), destination);
        lock (Gate)
        {
            _peers[peer.InboundKey] = peer;
            peer.Open(isn ?? (uint)Random.Shared.Next());
        }

        return peer;
    }

    /// <summary>Hands a packet to the device as it is.</summary>
    public void Send(ReadOnlySpan<byte> packet) => _device.Write(packet);

    /// <summary>Sends a bare TCP segment.</summary>
    public void SendTcp(AddrPort from, AddrPort to, uint seq, uint ack, Stack.Tcp.TcpFlags flags, ReadOnlySpan<byte> payload = default, ushort window = 65_535)
    {
        Span<byte> packet = new byte[TcpPacket.MaxHeadersLength + payload.Length];
        TcpOptions none = default;
        Send(packet[..TcpPacket.Write(packet, from, to, new(seq), new(ack), flags, window, none, payload)]);
    }

    /// <summary>Sends a datagram, in fragments if it exceeds the MTU.</summary>
    public void SendUdp(AddrPort from, AddrPort to, ReadOnlySpan<byte> payload)
    {
        byte[] packet = new byte[UdpPacket.MaxHeadersLength + payload.Length];
        int length = UdpPacket.Write(packet, from, to, payload, (ushort)++_fragmentId);
        if (length <= _device.Mtu)
        {
            Send(packet.AsSpan(0, length));
            return;
        }

        Fragmenter fragments = new(packet.AsSpan(0, length), _device.Mtu, ++_fragmentId);
        Span<byte> room = new byte[_device.Mtu];
        while (fragments.TryWriteNext(room, out int count))
        {
            Send(room[..count]);
        }
    }

    /// <summary>Waits for a datagram to a source socket of ours; returns who sent it and what.</summary>
    public async Task<(AddrPort From, byte[] Payload)> ExpectUdpAsync(AddrPort to)
    {
        byte[] packet = await ExpectAsync((_, parsed) => parsed.Protocol == IpProtocol.Udp && parsed.To == to);
        ParsedPacket.TryParse(packet, ChecksumTrust.Verify, out ParsedPacket parsed);
        return (parsed.From, parsed.Payload(packet).ToArray());
    }

    /// <summary>Waits for an ICMP message (either family) of a type and returns the packet.</summary>
    public Task<byte[]> ExpectIcmpAsync(byte type) =>
        ExpectAsync((_, parsed) => parsed.Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6 && parsed.IcmpType == type);

    /// <summary>Waits for the first packet that fits, among those that came and belong to no peer, and takes it out.</summary>
    public async Task<byte[]> ExpectAsync(Func<byte[], ParsedPacket, bool> fits)
    {
        using CancellationTokenSource patience = new(Patience);
        while (true)
        {
            Task arrived;
            lock (Gate)
            {
                foreach (byte[] packet in _others)
                {
                    if (ParsedPacket.TryParse(packet, ChecksumTrust.Verify, out ParsedPacket parsed) == ParseResult.Ok && fits(packet, parsed))
                    {
                        _others.Remove(packet);
                        return packet;
                    }
                }

                arrived = _arrived.Task;
            }

            await arrived.WaitAsync(patience.Token);
        }
    }

    /// <summary>A copy of the packets that came, belong to no peer and were not expected.</summary>
    public byte[][] Unexpected()
    {
        lock (Gate)
        {
            return [.. _others];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer.Dispose();
        _device.Close();
        _reader.Join();
    }

    internal void Forget(TcpPeer peer) => _peers.Remove(peer.InboundKey);

    private void ReadAll()
    {
        byte[] buffer = new byte[70_000];
        int count;
        while ((count = _device.Read(buffer)) > 0)
        {
            Take(buffer.AsSpan(0, count));
        }
    }

    private void Take(ReadOnlySpan<byte> packet)
    {
        lock (Gate)
        {
            PacketsRead++;
            ParseResult result = ParsedPacket.TryParse(packet, ChecksumTrust.Verify, out ParsedPacket parsed);
            if (result == ParseResult.Fragment)
            {
                if (_reassembler.Add(packet, parsed, Now, out ReadOnlySpan<byte> whole) == ReassemblyResult.Complete)
                {
                    Keep(whole);
                }

                return;
            }

            if (result == ParseResult.Ok && parsed.Protocol == IpProtocol.Tcp && _peers.TryGetValue(parsed.Flow, out TcpPeer? peer))
            {
                peer.OnPacket(packet, parsed);
                return;
            }

            Keep(packet);
        }
    }

    private void Keep(ReadOnlySpan<byte> packet)
    {
        _others.Add(packet.ToArray());
        TaskCompletionSource arrived = _arrived;
        _arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        arrived.SetResult();
    }

    private void Tick()
    {
        lock (Gate)
        {
            foreach (TcpPeer peer in _peers.Values.ToArray())
            {
                peer.OnTick();
            }
        }
    }
}
