using NetControl.Network;

namespace NetControl.Transport.Http2;

/// <summary>The connections to one HTTP/2 proxy: as few as carry the tunnels, and each used by one event loop only.</summary>
/// <remarks>Any thread. Nothing to dispose of: a connection that nobody uses any more ends itself.</remarks>
internal sealed class Http2Pool
{
    private readonly Lock _gate = new();
    private readonly Dictionary<object, List<Http2Connection>> _connections = [];
    private readonly Func<CancellationToken, ValueTask<Http2Opening>> _open;
    private readonly Http2Request _request;
    private readonly TimeProvider _time;
    private readonly Func<object?> _currentLoop;
    private int _assumedStreams = Http2Limits.AssumedStreams;

    /// <summary>Makes a pool; see <see cref="Http2Connection"/> for what it hands on.</summary>
    public Http2Pool(Func<CancellationToken, ValueTask<Http2Opening>> open, Http2Request request, TimeProvider time, Func<object?> currentLoop)
    {
        _open = open;
        _request = request;
        _time = time;
        _currentLoop = currentLoop;
    }

    /// <summary>Makes a stream on a connection that has room, or on a new one.</summary>
    public Http2Stream Open(HostPort destination)
    {
        object? loop = _currentLoop();
        Http2Stream stream;
        Http2Connection? fresh = null;
        lock (_gate)
        {
            object key = loop ?? this;
            if (TryJoin(key, destination) is { } joined)
            {
                stream = joined;
            }
            else
            {
                fresh = new Http2Connection(_open, _request, _time, _assumedStreams, loop is not null, connection => Remove(key, connection));
                _connections[key].Add(fresh);
                stream = fresh.TryOpen(destination)!;
            }
        }

        if (fresh is not null)
        {
            fresh.Start();
        }
        else
        {
            stream.Kick();
        }

        return stream;
    }

    private Http2Stream? TryJoin(object key, HostPort destination)
    {
        if (!_connections.TryGetValue(key, out List<Http2Connection>? connections))
        {
            _connections.Add(key, connections = []);
        }

        foreach (Http2Connection connection in connections)
        {
            if (connection.TryOpen(destination) is { } stream)
            {
                return stream;
            }

            // One that is full has told how much it takes, and the next one is no different.
            _assumedStreams = Math.Clamp(connection.MaxStreams, 1, Http2Limits.AssumedStreams);
        }

        return null;
    }

    private void Remove(object key, Http2Connection connection)
    {
        lock (_gate)
        {
            if (_connections.TryGetValue(key, out List<Http2Connection>? connections) && connections.Remove(connection) && connections.Count == 0)
            {
                _connections.Remove(key);
            }
        }
    }
}
