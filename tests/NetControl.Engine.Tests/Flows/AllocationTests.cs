using NetControl.Engine.Captures;
using NetControl.Engine.Devices;
using NetControl.Engine.Flows;
using NetControl.Engine.Loops;
using NetControl.Engine.Tests.Devices;
using NetControl.Network;
using NetControl.Stack;
using NetControl.Stack.Storage;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;
using NetControl.Testing;
using NetControl.Testing.Links;
using NetControl.Testing.Proxies;

namespace NetControl.Engine.Tests.Flows;

/// <summary>After warm-up the packet path leaves no garbage on the loop's thread.</summary>
public sealed class AllocationTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TcpBulkBothWays_AllocatesNothing(bool captured)
    {
        using EchoServer echo = new();
        TcpClientOnTheLoop? client = null;
        await using LoopRig rig = new(1, (rig, i) => new MemoryQueue(i, rig.Contexts[i], rig.Core, packet => client!.OnPacket(packet)));
        client = new TcpClientOnTheLoop(rig.Core.Queues[0], LoopbackDialer.Outside(echo.EndPoint));
        using RingReader? reader = captured ? await RingReader.StartAsync(rig) : null;
        await rig.On(0, client.Start);
        await client.ReachAsync(48 << 20);
        long before = await rig.On(0, GC.GetAllocatedBytesForCurrentThread);
        await client.ReachAsync(128 << 20);
        long after = await rig.On(0, GC.GetAllocatedBytesForCurrentThread);
        Assert.InRange(after - before, 0, Slack);
        Assert.True(reader is null || reader.Packets > 1000, "the capture saw nothing");
        await rig.On(0, client.Stop);
    }

    [Fact]
    public async Task TcpBulkBothWays_ThroughALayeredStream_AllocatesNothing_AndNoReadWaitsWithABuffer()
    {
        using EchoServer echo = new();
        TcpClientOnTheLoop? client = null;
        LayeredDialer? dialer = null;
        await using LoopRig rig = new(
            1, (rig, i) => new MemoryQueue(i, rig.Contexts[i], rig.Core, packet => client!.OnPacket(packet)), inner => dialer = new LayeredDialer(inner));
        client = new TcpClientOnTheLoop(rig.Core.Queues[0], LoopbackDialer.Outside(echo.EndPoint));
        await rig.On(0, client.Start);

        // A machine that is busy elsewhere lets a window grow late, and with it a pool, up to a bound: one stretch must be free of that. One
        // object of the smallest size per packet would be four times the slack in each.
        long allocated = long.MaxValue;
        for (int stretch = 1; stretch <= 8 && allocated > Slack; stretch++)
        {
            await client.ReachAsync(((stretch * 32) + 16) << 20);
            long before = await rig.On(0, GC.GetAllocatedBytesForCurrentThread);
            await client.ReachAsync(((stretch * 32) + 48) << 20);
            allocated = await rig.On(0, GC.GetAllocatedBytesForCurrentThread) - before;
        }

        Assert.InRange(allocated, 0, Slack);
        Assert.Equal(0, await rig.On(0, () => dialer!.WaitsWithBuffer));
        await rig.On(0, client.Stop);
    }

    [Fact]
    public async Task LayeredSessions_HoldNothingWhileIdle_AndUseTheSameRelay()
    {
        using EchoServer echo = new();
        await using TestEngine test = new(dialer: engine => new LayeredDialer(new LoopbackDialer(engine.StreamDialer)));
        LoopContext context = test.Queue.Context;
        for (int i = 0; i < 3; i++)
        {
            TcpPeer peer = await test.Host.ConnectAsync(LoopbackDialer.Outside(echo.EndPoint));
            await peer.SendAsync(new byte[100_000]);
            await peer.ReceiveExactlyAsync(100_000);
            Assert.Equal(0, await context.Loop.InvokeAsync(() => context.FreeRelays));

            // Idle, it holds nothing: no buffer of the relay, no chunk once the client has acknowledged.
            using CancellationTokenSource patience = new(PeerHost.Patience);
            while (await context.Loop.InvokeAsync(() => context.Chunks.BytesInUse) > 0)
            {
                patience.Token.ThrowIfCancellationRequested();
            }

            peer.Close();
            Assert.Empty(await peer.ReceiveToEndAsync());
            await test.ClosedAsync(peer.Source);
            Assert.Equal((1, 0L), await context.Loop.InvokeAsync(() => (context.FreeRelays, context.Chunks.BytesInUse)));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DatagramsBothWays_AllocateNothing(bool captured)
    {
        using EchoServer echo = new();
        UdpClientOnTheLoop? client = null;
        await using LoopRig rig = new(1, (rig, i) => new MemoryQueue(i, rig.Contexts[i], rig.Core, packet => client!.OnPacket(packet)));
        client = new UdpClientOnTheLoop(rig.Core.Queues[0], LoopbackDialer.Outside(echo.EndPoint));
        using RingReader? reader = captured ? await RingReader.StartAsync(rig) : null;
        await rig.On(0, client.Start);
        await client.ReachAsync(5_000);
        long before = await rig.On(0, GC.GetAllocatedBytesForCurrentThread);
        await client.ReachAsync(25_000);
        long after = await rig.On(0, GC.GetAllocatedBytesForCurrentThread);
        Assert.InRange(after - before, 0, Slack);
        Assert.True(reader is null || reader.Packets > 1000, "the capture saw nothing");
        await rig.On(0, client.Stop);
    }

    // The questions themselves leave a closure each, and a late burst may make a pool or a queue grow once more. One object of the smallest
    // size per packet would be several times as much.
    private const int Slack = 128 << 10;

    /// <summary>A capture of the only queue, emptied by a thread of its own.</summary>
    private sealed class RingReader : IDisposable
    {
        private readonly CaptureTap _tap = new(
            new PacketMatcher(new CaptureFilter { Networks = [IpPrefix.TryParse("0.0.0.0/0", out IpPrefix all) ? all : default] }), 65_535, 1 << 20);
        private readonly Thread _thread;
        private long _packets;
        private volatile bool _done;

        private RingReader()
        {
            _thread = new Thread(Read) { IsBackground = true };
            _thread.Start();
        }

        public long Packets => Volatile.Read(ref _packets);

        public static async Task<RingReader> StartAsync(LoopRig rig)
        {
            RingReader reader = new();
            await rig.On(0, () =>
            {
                QueueCapture.Add(rig.Core.Queues[0], reader._tap);
                return 0;
            });
            return reader;
        }

        public void Dispose()
        {
            _done = true;
            _thread.Join();
        }

        private void Read()
        {
            while (!_done)
            {
                while (_tap.Ring.TryPeek(out long position))
                {
                    _tap.Ring.Advance(position);
                    Volatile.Write(ref _packets, _packets + 1);
                }

                Thread.Yield();
            }
        }
    }

    /// <summary>A client machine that lives on the same loop and talks to the queue in a later phase of the turn, through packets it keeps.</summary>
    private sealed class TcpClientOnTheLoop
    {
        private const int Slots = 8192;
        private readonly PacketQueue _queue;
        private readonly EventLoop _loop;
        private readonly AddrPort _source = new(PeerHost.AddressV4, 30_000);
        private readonly AddrPort _remote;
        private readonly TcpConnection _connection;
        private readonly byte[] _chunk = new byte[16 << 10];
        private readonly byte[][] _slots = [.. Enumerable.Range(0, Slots).Select(_ => new byte[1600])];
        private readonly int[] _lengths = new int[Slots];
        private readonly Action<object?> _deliver;
        private readonly Clock _clock;
        private TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _head;
        private int _tail;
        private bool _posted;
        private bool _stopped;
        private long _received;
        private long _target = long.MaxValue;

        public TcpClientOnTheLoop(PacketQueue queue, AddrPort remote)
        {
            _queue = queue;
            _loop = queue.Context.Loop;
            _remote = remote;
            TcpParameters parameters = new() { MaxBuffer = 1 << 20 };
            _connection = new TcpConnection(new ChunkPool(64 << 20), parameters);
            _connection.Reset(parameters);
            _deliver = Deliver;
            _clock = new Clock(this);
        }

        public int Start()
        {
            _connection.Connect(new SequenceNumber(1), 0, true, _loop.Now);
            Dispatch();
            _loop.Timers.Schedule(_clock, _loop.Now + Clock.Micros);
            return 0;
        }

        public int Stop()
        {
            _stopped = true;
            _loop.Timers.Cancel(_clock);
            return 0;
        }

        public async Task ReachAsync(long bytes)
        {
            TaskCompletionSource reached = await _loop.InvokeAsync(() =>
            {
                _reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _target = bytes;
                return _reached;
            });
            await reached.Task.WaitAsync(PeerHost.Patience);
        }

        public void OnPacket(ReadOnlySpan<byte> packet)
        {
            if (_stopped || ParsedPacket.TryParse(packet, ChecksumTrust.Verify, out ParsedPacket parsed) != ParseResult.Ok)
            {
                return;
            }

            TcpSegment segment = new(parsed.Seq, parsed.Ack, parsed.Flags, parsed.Window, in parsed.Options, parsed.Payload(packet));
            Receiver receiver = new(this);
            _connection.OnSegment(segment, _loop.Now, ref receiver);
            while (_connection.State == TcpState.Established && _connection.SendRoom > _chunk.Length)
            {
                _connection.SendBuffer.Append(_chunk);
                _connection.Queued(_loop.Now);
            }

            Dispatch();
            if (_received >= _target)
            {
                _target = long.MaxValue;
                _reached.SetResult();
            }
        }

        private void Dispatch()
        {
            Sender sender = new(this);
            if (_connection.NextDeadline <= _loop.Now)
            {
                _connection.OnTimer(_loop.Now);
            }

            _connection.Dispatch(_loop.Now, ref sender);
        }

        private void Deliver(object? state)
        {
            _posted = false;
            int end = _tail;
            while (_head != end)
            {
                int slot = _head++ % Slots;
                _queue.Deliver(_slots[slot].AsSpan(0, _lengths[slot]), ChecksumTrust.Verify);
            }
        }

        /// <summary>Drives the machine's own timers: a packet lost where the slots overflow must be sent again although nothing else comes.</summary>
        private sealed class Clock(TcpClientOnTheLoop client) : LoopTimer
        {
            public const long Micros = 5_000;

            internal override void OnDeadline(Instant now)
            {
                client.Dispatch();
                client._loop.Timers.Schedule(this, now + Micros);
            }
        }

        private void Keep(ref TcpOutput segment)
        {
            if (_tail - _head == Slots)
            {
                return;
            }

            int slot = _tail++ % Slots;
            Span<byte> packet = _slots[slot];
            int headers = TcpPacket.WriteHeaders(
                packet, _source, _remote, segment.Seq, segment.Ack, segment.Flags, segment.Window, in segment.Options, segment.PayloadLength, 0);
            int length = headers;
            int done = 0;
            while (done < segment.PayloadLength)
            {
                ReadOnlySpan<byte> piece = _connection.SendBuffer.Peek(segment.PayloadOffset + done, segment.PayloadLength - done);
                piece.CopyTo(packet[length..]);
                length += piece.Length;
                done += piece.Length;
            }

            TcpPacket.CompleteChecksum(packet[..headers], packet[headers..length]);
            _lengths[slot] = length;
            if (!_posted)
            {
                _posted = true;
                _loop.Post(_deliver, null);
            }
        }

        private readonly struct Receiver(TcpClientOnTheLoop client) : ITcpReceiver
        {
            public int Receive(ReadOnlySpan<byte> payload)
            {
                client._received += payload.Length;
                return payload.Length;
            }
        }

        private readonly struct Sender(TcpClientOnTheLoop client) : ITcpSender
        {
            public void Send(TcpConnection connection, ref TcpOutput segment) => client.Keep(ref segment);
        }
    }

    /// <summary>Keeps a few datagrams in the air: each reply sends the next.</summary>
    private sealed class UdpClientOnTheLoop
    {
        private const int InFlight = 32;
        private readonly PacketQueue _queue;
        private readonly byte[] _packet = new byte[2000];
        private readonly int _length;
        private readonly Action<object?> _send;
        private TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _due;
        private bool _posted;
        private bool _stopped;
        private long _received;
        private long _target = long.MaxValue;

        public UdpClientOnTheLoop(PacketQueue queue, AddrPort remote)
        {
            _queue = queue;
            _length = UdpPacket.Write(_packet, new AddrPort(PeerHost.AddressV4, 30_001), remote, new byte[600]);
            _send = Send;
        }

        public int Start()
        {
            _due = InFlight;
            Send(null);
            return 0;
        }

        public int Stop()
        {
            _stopped = true;
            return 0;
        }

        public async Task ReachAsync(long datagrams)
        {
            TaskCompletionSource reached = await _queue.Context.Loop.InvokeAsync(() =>
            {
                _reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _target = datagrams;
                return _reached;
            });
            await reached.Task.WaitAsync(PeerHost.Patience);
        }

        public void OnPacket(ReadOnlySpan<byte> packet)
        {
            _received++;
            _due++;
            if (!_posted && !_stopped)
            {
                _posted = true;
                _queue.Context.Loop.Post(_send, null);
            }

            if (_received >= _target)
            {
                _target = long.MaxValue;
                _reached.SetResult();
            }
        }

        private void Send(object? state)
        {
            _posted = false;
            for (; _due > 0; _due--)
            {
                _queue.Deliver(_packet.AsSpan(0, _length), ChecksumTrust.Verify);
            }
        }
    }
}
