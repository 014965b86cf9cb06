using NetControl.Engine.Loops;
using NetControl.Engine.Sessions;

namespace NetControl.Engine.Flows;

/// <content>What <see cref="StreamRelay"/> asks of its flow. Every call names the life it means: the object may have begun another.</content>
internal sealed partial class TcpFlow
{
    /// <summary>The flow's loop.</summary>
    public EventLoop Loop => _context.Loop;

    /// <summary>How many bytes may be queued for the client.</summary>
    public int RelayRoom(int life) => IsAlive(life) ? _connection.SendRoom : 0;

    /// <summary>Whether the client has bytes, or its end, for the upstream.</summary>
    public bool RelayHasOutput(int life) => IsAlive(life) && (_connection.ReceiveBuffer.Length > 0 || _connection.PeerClosed);

    /// <summary>Whether the client has ended and all its bytes have been taken.</summary>
    public bool RelayClientEnded(int life) => IsAlive(life) && _connection.PeerClosed && _connection.ReceiveBuffer.Length == 0;

    /// <summary>Takes client bytes. They count as sent when the stream has them.</summary>
    public int RelayTake(int life, Span<byte> buffer)
    {
        if (!IsAlive(life))
        {
            return 0;
        }

        int taken = 0;
        while (taken < buffer.Length && _connection.ReceiveBuffer.Length > 0)
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
    public void RelayReceived(int life, ReadOnlySpan<byte> bytes)
    {
        if (IsAlive(life) && _connection.CanSend)
        {
            _connection.SendBuffer.Append(bytes);
            _connection.Queued(_context.Loop.Now);
            CountReceived(bytes.Length);
            _context.MarkDirty(this);
        }
    }

    /// <summary>The upstream has been told that the client has ended.</summary>
    public void RelayClientDelivered(int life)
    {
        if (IsAlive(life))
        {
            _clientEnded = true;
            FinishIfDelivered();
        }
    }

    /// <summary>The upstream has ended.</summary>
    public void RelayEnded(int life)
    {
        if (IsAlive(life))
        {
            OnUpstreamEnd();
            _context.MarkDirty(this);
        }
    }

    /// <summary>The upstream broke.</summary>
    public void RelayFailed(int life, SessionCause cause)
    {
        if (IsAlive(life))
        {
            _upstreamFault = cause;
            FailIfBroken();
        }
    }

    private bool IsAlive(int life) => !IsFinished && life == _life;
}
