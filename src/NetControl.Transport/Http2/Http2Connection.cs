using NetControl.Network;

namespace NetControl.Transport.Http2;

/// <summary>A connection to an HTTP/2 proxy that carries many tunnels (RFC 9113), the client's side.</summary>
/// <remarks>
/// <para>Owner: the pool of one event loop, which is the only one that dials on it; then every call comes on that loop's thread, and the
/// connection awaits nothing but the stream beneath it. Without loops any thread may call. All state is guarded by one lock, which is never
/// held while anybody is told anything.</para>
/// <para>Lifetime: opens itself when started; ends itself on a fault, on the peer's farewell, and after a while without streams.</para>
/// <para>Buffers: bytes for a reader who waits go straight into his buffer, others into the stream's queue, bounded by its window. A write
/// is copied once, into the backlog that the next call to the connection beneath takes as a whole.</para>
/// </remarks>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "a token source without a timer holds nothing to dispose of")]
internal sealed partial class Http2Connection
{
    private readonly Lock _gate = new();
    private readonly Func<CancellationToken, ValueTask<Http2Opening>> _open;
    private readonly Http2Request _request;
    private readonly TimeProvider _time;
    private readonly Action<Http2Connection> _ended;
    private readonly CancellationTokenSource _opening = new();
    private readonly Dictionary<int, Http2Stream> _streams = [];

    // Not asked for yet: the connection is still opening, or its backlog is full.
    private readonly Queue<Http2Stream> _waiting = new();
    private readonly long _started;
    private readonly bool _inline;
    private IStreamConnection? _inner;
    private int _attached;
    private int _nextId = 1;
    private int _maxStreams;
    private bool _draining;
    private bool _over;

    /// <summary>Makes a connection that is not open yet.</summary>
    /// <param name="open">Opens the stream beneath; says whether HTTP/2 is to be spoken on it.</param>
    /// <param name="request">What every request says.</param>
    /// <param name="time">Time; a loop's where the connection belongs to a loop.</param>
    /// <param name="assumedStreams">How many streams are tried before the peer has said how many it takes.</param>
    /// <param name="inline">Whether to tell those who wait inside the call that brings the news, as a loop needs it.</param>
    /// <param name="ended">Told, perhaps more than once, when no stream can be opened here any more. May be told inside any call.</param>
    public Http2Connection(
        Func<CancellationToken, ValueTask<Http2Opening>> open, Http2Request request, TimeProvider time, int assumedStreams, bool inline,
        Action<Http2Connection> ended)
    {
        _inline = inline;
        _open = open;
        _request = request;
        _time = time;
        _ended = ended;
        _maxStreams = assumedStreams;
        _started = time.GetTimestamp();
    }

    /// <summary>How many streams the peer takes at once, as far as is known.</summary>
    public int MaxStreams => Volatile.Read(ref _maxStreams);

    /// <summary>The lock under which the streams' own state stands, too.</summary>
    internal Lock Gate => _gate;

    /// <summary>Where the stream beneath begins.</summary>
    internal AddrPort LocalAddress => _inner?.LocalAddress ?? default;

    /// <summary>Where the stream beneath ends.</summary>
    internal AddrPort RemoteAddress => _inner?.RemoteAddress ?? default;

    /// <summary>Makes a stream, unless there is no room or no future; its request goes out when the connection is open.</summary>
    /// <param name="destination">Where to; HTTP can carry it.</param>
    public Http2Stream? TryOpen(HostPort destination)
    {
        lock (_gate)
        {
            if (_over || _draining || _attached >= _maxStreams
                || (_inner is null && _attached > 0 && _time.GetElapsedTime(_started) > Http2Limits.PatienceWithOpening))
            {
                return null;
            }

            Http2Stream stream = new(this, destination, _inline);
            _attached++;
            _waiting.Enqueue(stream);
            if (_inner is not null)
            {
                AskForWaiting();
            }

            return stream;
        }
    }

    /// <summary>Opens the connection, on the caller's thread. Called once, after the first stream was taken on.</summary>
    public void Start() => _ = RunAsync();

    private async Task RunAsync()
    {
        Http2Opening opening;
        try
        {
            opening = await _open(_opening.Token);
        }
        catch (Exception e)
        {
            End(e, tell: null);
            return;
        }

        if (!opening.IsHttp2)
        {
            HandOver(opening.Connection);
            return;
        }

        if (!TryBegin(opening.Connection))
        {
            opening.Connection.Dispose();
            return;
        }

        StartTicking();
        _ = WriteAsync();
        await ReadAsync(opening.Connection);
    }

    /// <summary>The proxy speaks HTTP/1.1 only: the first who waits gets the connection, the others learn of it.</summary>
    private void HandOver(IStreamConnection connection)
    {
        List<Http2Stream> streams = [];
        lock (_gate)
        {
            _over = true;
            streams.AddRange(_waiting);
            _waiting.Clear();
        }

        _ended(this);
        IStreamConnection? given = connection;
        foreach (Http2Stream stream in streams)
        {
            if (stream.TryHandOver(given))
            {
                given = null;
            }
        }

        given?.Dispose();
    }

    private bool TryBegin(IStreamConnection inner)
    {
        lock (_gate)
        {
            if (_over)
            {
                return false;
            }

            _inner = inner;
            WritePreface();
            AskForWaiting();
            return true;
        }
    }

    /// <summary>Sends the requests of the streams that wait, as far as there is room. Under the gate.</summary>
    private void AskForWaiting()
    {
        while (_waiting.TryPeek(out Http2Stream? stream))
        {
            if (stream.IsOver)
            {
                _waiting.Dequeue();
                continue;
            }

            if (!TryAppendRequest(stream, _nextId))
            {
                return;
            }

            _waiting.Dequeue();
            stream.OnAsked(_nextId, _peerWindow);
            _streams.Add(_nextId, stream);
            _nextId += 2;

            // Identifiers are never used again (RFC 9113 section 5.1.1).
            _draining |= _nextId > int.MaxValue - (1 << 20);
        }
    }

    /// <summary>Forgets a stream that is over on both sides, or was reset. Under the gate, once for each.</summary>
    internal void Forget(Http2Stream stream)
    {
        _attached--;
        _streams.Remove(stream.Id);
    }

    /// <summary>Whether nobody needs the connection any more: asked after a stream was forgotten, outside the gate.</summary>
    internal void EndIfUnneeded()
    {
        bool giveUp;
        bool leave;
        lock (_gate)
        {
            giveUp = !_over && _inner is null && _attached == 0;
            leave = !_over && _inner is not null && _draining && _attached == 0;
            _over |= giveUp;
        }

        if (giveUp)
        {
            _ended(this);
            _opening.Cancel();
        }
        else if (leave)
        {
            End(new Http2StreamException(null, "the HTTP/2 connection was closed"), Http2ErrorCode.NoError);
        }
    }

    /// <summary>Ends the connection and tells every stream why.</summary>
    /// <param name="cause">What the streams hear.</param>
    /// <param name="tell">What the peer hears, if it is there to hear.</param>
    private void End(Exception cause, Http2ErrorCode? tell)
    {
        Http2Stream[] streams;
        lock (_gate)
        {
            if (_over && _inner is null)
            {
                return;
            }

            _over = true;
            streams = [.. _streams.Values, .. _waiting];
            _streams.Clear();
            _waiting.Clear();
            _attached = 0;
            foreach (Http2Stream stream in streams)
            {
                stream.OnConnectionEnded(cause);
            }
        }

        _ended(this);
        StopTicking();
        CloseInner(tell);
        foreach (Http2Stream stream in streams)
        {
            stream.Notify();
        }
    }
}
