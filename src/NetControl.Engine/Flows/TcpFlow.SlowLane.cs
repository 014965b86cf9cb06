using NetControl.Engine.Sessions;
using NetControl.Engine.Sockets;
using NetControl.Network;
using NetControl.Stack;

namespace NetControl.Engine.Flows;

/// <content>What <see cref="StreamRelay"/> asks of its flow, for as long as it has one.</content>
internal sealed partial class TcpFlow
{
    /// <summary>Goes over to the fast lane, if nothing but a socket of this loop is left of the stream; the relay is free if so.</summary>
    /// <remarks>Every byte that was taken is with the socket by then, and what was received with the client: order needs no care.</remarks>
    public ILoopConnection? RelayPasses(IPassingConnection stream)
    {
        if (AsOwnSocket(WithoutDetours(stream)) is not { } fast)
        {
            return null;
        }

        _relay = null;
        _resetDeadline = Instant.Never;
        return fast;
    }

    /// <summary>The relay has let go of the stream: serves the socket, in which anything may have happened.</summary>
    public void RelayPassed(ILoopConnection fast)
    {
        _socket = fast.Detach(this);
        OnSocketReady();
    }

    /// <summary>How many bytes may be queued for the client.</summary>
    public int RelayRoom => _connection.SendRoom;

    /// <summary>Whether the client has bytes for the upstream.</summary>
    public bool RelayHasBytes => _connection.ReceiveBuffer.Length > 0;

    /// <summary>Whether the client has bytes, or its end, for the upstream.</summary>
    public bool RelayHasOutput => RelayHasBytes || _connection.PeerClosed;

    /// <summary>Whether the client has ended and all its bytes have been taken.</summary>
    public bool RelayClientEnded => _connection.PeerClosed && !RelayHasBytes;

    /// <summary>Takes client bytes. They count as sent when the stream has them.</summary>
    public int RelayTake(Span<byte> buffer)
    {
        int taken = 0;
        while (taken < buffer.Length && RelayHasBytes)
        {
            ReadOnlySpan<byte> piece = _connection.ReceiveBuffer.Peek(
                _connection.ReceiveBuffer.Head, (int)Math.Min(buffer.Length - taken, _connection.ReceiveBuffer.Length));
            piece.CopyTo(buffer[taken..]);
            taken += piece.Length;
            _connection.Taken(piece.Length);
        }

        if (taken > 0)
        {
            CountSent(taken);
            _context.MarkDirty(this);
        }

        return taken;
    }

    /// <summary>Queues bytes for the client.</summary>
    public void RelayReceived(ReadOnlySpan<byte> bytes)
    {
        if (_connection.CanSend)
        {
            _connection.SendBuffer.Append(bytes);
            _connection.Queued(_context.Loop.Now);
            CountReceived(bytes.Length);
            _context.MarkDirty(this);
        }
    }

    /// <summary>There is more to read, but others have their turn first.</summary>
    public void RelayContinues() => _context.MarkDirty(this);

    /// <summary>The upstream has been told that the client has ended.</summary>
    public void RelayClientDelivered()
    {
        _clientEnded = true;
        FinishIfDelivered();
    }

    /// <summary>The upstream has ended.</summary>
    public void RelayEnded()
    {
        OnUpstreamEnd();
        _context.MarkDirty(this);
    }

    /// <summary>The upstream broke.</summary>
    public void RelayFailed(SessionCause cause)
    {
        _upstreamFault = cause;
        FailIfBroken();
    }
}
