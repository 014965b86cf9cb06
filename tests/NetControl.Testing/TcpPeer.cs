using NetControl.Network;
using NetControl.Stack;
using NetControl.Stack.Storage;
using NetControl.Stack.Tcp;
using NetControl.Stack.Tcp.Congestion;
using NetControl.Stack.Wire;

namespace NetControl.Testing;

/// <summary>An application's TCP connection into a device: an active open over a <see cref="PeerHost"/>.</summary>
/// <remarks>Thread-safe by the host's lock. Not reading closes the window, as with any application.</remarks>
public sealed class TcpPeer
{
    private readonly PeerHost _host;
    private readonly TcpConnection _connection;
    private readonly byte[] _packet = new byte[70_000];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _established;

    internal TcpPeer(PeerHost host, AddrPort source, AddrPort destination)
    {
        _host = host;
        Source = source;
        Destination = destination;
        InboundKey = new FlowKey(IpProtocol.Tcp, destination, source);
        TcpParameters parameters = new() { MssV4 = host.Device.Mtu - 40, MssV6 = host.Device.Mtu - 60 };
        _connection = new TcpConnection(new ChunkPool(64 << 20), parameters, new NewReno());
        _connection.Reset(parameters);
    }

    /// <summary>Our side.</summary>
    public AddrPort Source { get; }

    /// <summary>The far side.</summary>
    public AddrPort Destination { get; }

    /// <summary>Whether the far side reset the connection.</summary>
    public bool WasReset { get; private set; }

    /// <summary>The machine's state.</summary>
    public TcpState State => _connection.State;

    /// <summary>The next sequence number that we send.</summary>
    public uint SendNext => _connection.SendNext.Value;

    /// <summary>The next sequence number that we expect.</summary>
    public uint ReceiveNext => _connection.ReceiveNext.Value;

    /// <summary>Bytes that were queued and not yet acknowledged.</summary>
    public long Unacknowledged
    {
        get
        {
            lock (_host.Gate)
            {
                return _connection.SendBuffer.Length;
            }
        }
    }

    internal FlowKey InboundKey { get; }

    /// <summary>Waits for the handshake.</summary>
    public Task EstablishedAsync() => UntilAsync(() => _established);

    /// <summary>Waits until both FINs are acknowledged.</summary>
    public Task FinishedAsync() => UntilAsync(() => _connection.State is TcpState.Closed or TcpState.TimeWait);

    /// <summary>Waits until the far side has reset the connection.</summary>
    public async Task ResetAsync()
    {
        using CancellationTokenSource patience = new(PeerHost.Patience);
        while (true)
        {
            Task changed;
            lock (_host.Gate)
            {
                if (WasReset)
                {
                    return;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(patience.Token);
        }
    }

    /// <summary>Queues all bytes, as the far side's window allows.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            await UntilAsync(() => _connection.SendRoom > 0);
            lock (_host.Gate)
            {
                int count = Math.Min(bytes.Length, _connection.SendRoom);
                if (count > 0)
                {
                    _connection.SendBuffer.Append(bytes.Span[..count]);
                    _connection.Queued(PeerHost.Now);
                    bytes = bytes[count..];
                    Dispatch();
                }
            }
        }
    }

    /// <summary>Takes what has arrived; 0 at the end of the stream.</summary>
    /// <exception cref="IOException">The connection was reset.</exception>
    public async Task<int> ReceiveAsync(Memory<byte> buffer)
    {
        await UntilAsync(() => _connection.ReceiveBuffer.Length > 0 || _connection.PeerClosed);
        lock (_host.Gate)
        {
            int taken = 0;
            while (taken < buffer.Length && _connection.ReceiveBuffer.Length > 0)
            {
                ReadOnlySpan<byte> piece = _connection.ReceiveBuffer.Peek(
                    _connection.ReceiveBuffer.Head, (int)Math.Min(buffer.Length - taken, _connection.ReceiveBuffer.Length));
                piece.CopyTo(buffer.Span[taken..]);
                taken += piece.Length;
                _connection.Taken(piece.Length);
            }

            // A kernel's TIME-WAIT has no window to update; ours would be answered with a reset by a far side that has forgotten us.
            if (_connection.State != TcpState.TimeWait)
            {
                Dispatch();
            }

            return taken;
        }
    }

    /// <summary>Receives exactly so many bytes.</summary>
    public async Task<byte[]> ReceiveExactlyAsync(int count)
    {
        byte[] bytes = new byte[count];
        int at = 0;
        while (at < count)
        {
            int got = await ReceiveAsync(bytes.AsMemory(at));
            if (got == 0)
            {
                throw new EndOfStreamException($"the stream ended after {at} of {count} bytes");
            }

            at += got;
        }

        return bytes;
    }

    /// <summary>Receives everything up to the far side's FIN.</summary>
    public async Task<byte[]> ReceiveToEndAsync()
    {
        using MemoryStream all = new();
        byte[] buffer = new byte[64 << 10];
        int got;
        while ((got = await ReceiveAsync(buffer)) > 0)
        {
            all.Write(buffer, 0, got);
        }

        return all.ToArray();
    }

    /// <summary>Half-closes: FIN behind the last byte.</summary>
    public void Close()
    {
        lock (_host.Gate)
        {
            _connection.CloseSend();
            Dispatch();
        }
    }

    /// <summary>Resets the connection.</summary>
    public void Reset()
    {
        lock (_host.Gate)
        {
            _connection.Abort();
            Dispatch();
            _host.Forget(this);
        }
    }

    /// <summary>Goes silent: whatever still comes is not ours any more.</summary>
    public void Vanish()
    {
        lock (_host.Gate)
        {
            _connection.Drop();
            _host.Forget(this);
        }
    }

    internal void Open(uint isn)
    {
        _connection.Connect(new SequenceNumber(isn), 0, Source.IsV4, PeerHost.Now);
        Dispatch();
    }

    internal void OnPacket(ReadOnlySpan<byte> packet, in ParsedPacket parsed)
    {
        TcpSegment segment = new(parsed.Seq, parsed.Ack, parsed.Flags, parsed.Window, in parsed.Options, parsed.Payload(packet));
        NoReceiver none = default;
        Handle(_connection.OnSegment(segment, PeerHost.Now, ref none));
        Dispatch();
    }

    internal void OnTick()
    {
        Instant now = PeerHost.Now;
        if (_connection.NextDeadline <= now)
        {
            Handle(_connection.OnTimer(now));
            Dispatch();
        }
    }

    private void Handle(TcpEvents events)
    {
        _established |= (events & TcpEvents.Established) != 0;
        WasReset |= (events & (TcpEvents.Reset | TcpEvents.TimedOut)) != 0;
        TaskCompletionSource changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
    }

    private void Dispatch()
    {
        Sender sender = new(this);
        try
        {
            _connection.Dispatch(PeerHost.Now, ref sender);
        }
        catch (NetworkException)
        {
            // The device is closed: a wire that was cut.
        }
    }

    private async Task UntilAsync(Func<bool> condition)
    {
        using CancellationTokenSource patience = new(PeerHost.Patience);
        while (true)
        {
            Task changed;
            lock (_host.Gate)
            {
                if (condition())
                {
                    return;
                }

                if (WasReset)
                {
                    throw new IOException("the connection was reset");
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(patience.Token);
        }
    }

    private readonly struct NoReceiver : ITcpReceiver
    {
        public int Receive(ReadOnlySpan<byte> payload) => 0;
    }

    private readonly struct Sender(TcpPeer peer) : ITcpSender
    {
        public void Send(TcpConnection connection, ref TcpOutput segment)
        {
            Span<byte> packet = peer._packet;
            int length = TcpPacket.WriteHeaders(
                packet, peer.Source, peer.Destination, segment.Seq, segment.Ack, segment.Flags, segment.Window, in segment.Options, segment.PayloadLength, 0);
            int headers = length;
            int done = 0;
            while (done < segment.PayloadLength)
            {
                ReadOnlySpan<byte> piece = connection.SendBuffer.Peek(segment.PayloadOffset + done, segment.PayloadLength - done);
                piece.CopyTo(packet[length..]);
                length += piece.Length;
                done += piece.Length;
            }

            TcpPacket.CompleteChecksum(packet[..headers], packet[headers..length]);
            peer._host.Send(packet[..length]);
        }
    }
}
