using NetControl.Engine.Interop.Linux;
using NetControl.Engine.Sessions;
using NetControl.Engine.Sockets;
using NetControl.Network;
using NetControl.Stack;

namespace NetControl.Engine.Flows;

/// <content>
/// Moving bytes. Fast lane: the upstream is a socket of this loop. Slow lane: it is a layered stream, driven by <see cref="StreamRelay"/>. A
/// session goes over from the slow lane to the fast one, once, when the layers have done their part.
/// </content>
internal sealed partial class TcpFlow
{
    // So much is taken from one upstream in one visit; a firehose then waits until the others have had their turn.
    private const int PumpBudget = 512 << 10;
    private const long PatienceWithReaderMicros = 1_000_000;
    private LoopSocket? _socket;
    private StreamRelay? _relay;
    private SessionCause _upstreamFault;
    private bool _upstreamEnded;
    private bool _clientEnded;
    private bool _clientFinished;

    // When a client that does not read is told of the upstream's reset all the same; Never while there is none.
    private Instant _resetDeadline;
    private int _resetRoom;

    private void ResetRelay()
    {
        _socket = null;
        _relay = null;
        _upstreamFault = SessionCause.None;
        _upstreamEnded = _clientEnded = _clientFinished = false;
        _resetDeadline = Instant.Never;
    }

    private void StartRelay(IStreamConnection connection)
    {
        connection = WithoutDetours(connection); // of hops that have done their part in the handshakes
        if (AsOwnSocket(connection) is { } fast)
        {
            _socket = fast.Detach(this);
        }
        else
        {
            _relay = _context.RentRelay();
            _relay.Start(this, connection, _queue.Chunks);
        }
    }

    private static IStreamConnection WithoutDetours(IStreamConnection connection)
    {
        while (connection is IPassingConnection { Beneath: { } beneath })
        {
            connection = beneath;
        }

        return connection;
    }

    private ILoopConnection? AsOwnSocket(IStreamConnection connection) =>
        connection is ILoopConnection { IsQuiet: true } fast && fast.Loop == _context.Loop ? fast : null;

    /// <summary>The upstream socket's readiness changed.</summary>
    public void OnSocketReady()
    {
        if (IsFinished || _socket is null)
        {
            return;
        }

        try
        {
            ServeSocket(_socket);
        }
        catch (Exception e)
        {
            OnFault(e);
        }
    }

    private void ServeSocket(LoopSocket socket)
    {
        if (socket.CanWrite && (_connection.ReceiveBuffer.Length > 0 || (_connection.PeerClosed && !_clientEnded)))
        {
            PushUpstream();
            if (FailIfBroken())
            {
                return;
            }

            FinishIfDelivered();
        }

        if (!IsFinished)
        {
            _context.MarkDirty(this);
        }
    }

    /// <summary>In-order payload, straight from the packet into the socket, or into what a layered stream will write next.</summary>
    private int SendDirect(ReadOnlySpan<byte> payload)
    {
        if (_relay is { } relay)
        {
            int taken = relay.Take(payload);
            CountSent(taken);
            _context.MarkDirty(this);
            return taken;
        }

        if (_socket is not { } socket || _upstreamFault != SessionCause.None)
        {
            return 0;
        }

        int sent = socket.TrySend(payload, out Errno error);
        if (error != Errno.None)
        {
            _upstreamFault = FaultOf(error);
            return 0;
        }

        CountSent(sent);
        return sent;
    }

    /// <summary>What waits in the receive buffer goes on; behind its last byte the client's FIN.</summary>
    private void PushUpstream()
    {
        _relay?.OnReadable();
        if (_socket is not { } socket)
        {
            return;
        }

        while (_connection.ReceiveBuffer.Length > 0 && socket.CanWrite)
        {
            int sent = socket.TrySend(_connection.ReceiveBuffer, out Errno error);
            if (error != Errno.None)
            {
                _upstreamFault = FaultOf(error);
                return;
            }

            if (sent > 0)
            {
                CountSent(sent);
                _connection.Taken(sent);
            }
        }

        if (_connection.PeerClosed && !_clientEnded && _connection.ReceiveBuffer.Length == 0)
        {
            _clientEnded = true;
            socket.ShutdownWrite();
        }
    }

    /// <summary>Client-bound bytes: received straight into the send buffer, and sent on piece by piece while they are warm in the cache.</summary>
    private void PumpUpstream(Instant now)
    {
        _relay?.OnEgress();
        if (_relay is { } relay)
        {
            LookForReset(relay, now);
            return;
        }

        if (_socket is not { } socket)
        {
            return;
        }

        if (_upstreamEnded)
        {
            LookForReset(socket, now);
            return;
        }

        int budget = PumpBudget;
        while (socket.CanRead)
        {
            int room = _connection.SendRoom;
            if (room <= 0)
            {
                LookForReset(socket, now);
                return;
            }

            if (budget <= 0)
            {
                _context.MarkDirty(this);
                return;
            }

            int received = socket.TryReceive(_connection.SendBuffer, Math.Min(room, 256 << 10), out Errno error);
            if (received < 0)
            {
                if (error != Errno.None)
                {
                    _upstreamFault = FaultOf(error);
                    FailIfBroken();
                }

                return;
            }

            if (received == 0)
            {
                OnUpstreamEnd();
                return;
            }

            budget -= received;
            _resetDeadline = Instant.Never;
            CountReceived(received);
            _connection.Queued(now);
            Dispatch(now);
        }
    }

    /// <summary>
    /// The upstream is not being read, for want of room or because it has ended, so no call meets its reset; but the kernel tells. What it sent
    /// before lies in front of that: while the client goes on taking some it gets all there is, and once it has taken nothing for a second it
    /// learns the truth.
    /// </summary>
    private void LookForReset(LoopSocket socket, Instant now)
    {
        // When both have ended all bytes were taken and given; what the upstream did with its last ones is not for TCP to say.
        if (!socket.HasError || (_upstreamEnded && _clientEnded))
        {
            return;
        }

        int room = _connection.SendRoom;
        if (_connection.SendBuffer.Length > 0 && (_resetDeadline == Instant.Never || room > _resetRoom))
        {
            _resetDeadline = now + PatienceWithReaderMicros;
            _resetRoom = room;
            return;
        }

        if (_connection.SendBuffer.Length > 0 && now < _resetDeadline)
        {
            return;
        }

        _resetDeadline = Instant.Never;
        Errno error = socket.TakeError();
        if (error != Errno.None)
        {
            _upstreamFault = FaultOf(error);
            FailIfBroken();
        }
    }

    /// <summary>
    /// The same of a layered stream, which tells nothing by itself: once the client has taken nothing for a second, the stream is asked, and from
    /// then on once a second. A stream that was told of the client's end cannot be asked any more.
    /// </summary>
    private void LookForReset(StreamRelay relay, Instant now)
    {
        if (!relay.IsBlind)
        {
            _resetDeadline = Instant.Never;
            return;
        }

        int room = _connection.SendRoom;
        if (_resetDeadline == Instant.Never || room > _resetRoom)
        {
            _resetDeadline = now + PatienceWithReaderMicros;
            _resetRoom = room;
        }
        else if (now >= _resetDeadline)
        {
            _resetDeadline = now + PatienceWithReaderMicros;
            relay.AskWhetherBroken();
        }
    }

    private void OnUpstreamEnd()
    {
        _upstreamEnded = true;
        _connection.CloseSend();
    }

    private bool FailIfBroken()
    {
        if (_upstreamFault == SessionCause.None)
        {
            return false;
        }

        if (!IsFinished)
        {
            ResetClient(_upstreamFault);
        }

        return true;
    }

    private void CloseUpstream(bool abort)
    {
        if (_socket is { } socket)
        {
            _socket = null;
            if (abort)
            {
                socket.Abort();
            }
            else
            {
                socket.Close();
            }
        }

        if (_relay is { } relay)
        {
            _relay = null;
            try
            {
                relay.Close(abort);
            }
            catch (Exception e)
            {
                FlowLog.Fault(_context.Logger, _client, e); // a foreign stream's fault must not become the loop's
            }
        }
    }

    private void CountSent(int bytes)
    {
        _bytesSent += bytes;
        _tally.BytesSent += bytes;
    }

    private void CountReceived(int bytes)
    {
        if (_bytesReceived == 0 && bytes > 0)
        {
            _firstByteDuration = TimeSpan.FromMicroseconds(_context.Loop.Now - _dialStarted);
        }

        _bytesReceived += bytes;
        _tally.BytesReceived += bytes;
    }

    private static SessionCause FaultOf(Errno error) => error switch
    {
        Errno.ECONNRESET or Errno.EPIPE or Errno.ECONNREFUSED => SessionCause.UpstreamReset,
        Errno.ETIMEDOUT or Errno.EHOSTUNREACH or Errno.ENETUNREACH => SessionCause.UpstreamTimeout,
        _ => SessionCause.UpstreamError,
    };
}
