using NetControl.Network;

namespace NetControl.Transport.Dns;

/// <summary>Connections to a resolver that wait for the next query, each only for the event loop that opened it.</summary>
/// <remarks>
/// One that is not taken for a while is closed, so that a proxy that is gone leaves none behind. Two for each loop: a name's AAAA and A are
/// asked at once. Thread rule: any thread.
/// </remarks>
internal sealed class IdleConnections
{
    private const int MostOfALoop = 2;
    private readonly TimeProvider _timeProvider;
    private readonly Func<object?> _currentLoop;
    private readonly TimeSpan _keep;
    private readonly Lock _lock = new();
    private readonly List<Idle> _idle = [];

    /// <summary>Makes an empty pool.</summary>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="currentLoop">The event loop that the caller runs on, or null.</param>
    /// <param name="keep">How long a connection waits.</param>
    public IdleConnections(TimeProvider timeProvider, Func<object?> currentLoop, TimeSpan keep)
    {
        _timeProvider = timeProvider;
        _currentLoop = currentLoop;
        _keep = keep;
    }

    /// <summary>Whose connections the caller may use.</summary>
    public object Key => _currentLoop() ?? this;

    /// <summary>Takes a connection that waits, the one that was used last.</summary>
    public IStreamConnection? TryTake(object key)
    {
        Idle? idle;
        lock (_lock)
        {
            idle = _idle.FindLast(kept => kept.Key == key);
            if (idle is not null)
            {
                _idle.Remove(idle);
            }
        }

        idle?.Timer?.Dispose();
        return idle?.Connection;
    }

    /// <summary>Lets a connection wait. False where enough do: it is the caller's still.</summary>
    public bool TryKeep(object key, IStreamConnection connection)
    {
        Idle idle = new(key, connection);
        lock (_lock)
        {
            if (_idle.Count(kept => kept.Key == key) == MostOfALoop)
            {
                return false;
            }

            _idle.Add(idle);
            idle.Timer = _timeProvider.CreateTimer(_ => Forget(idle), null, _keep, Timeout.InfiniteTimeSpan);
            return true;
        }
    }

    private void Forget(Idle idle)
    {
        lock (_lock)
        {
            if (!_idle.Remove(idle))
            {
                return;
            }
        }

        idle.Timer?.Dispose();
        idle.Connection.Dispose();
    }

    private sealed class Idle(object key, IStreamConnection connection)
    {
        public object Key => key;

        public IStreamConnection Connection => connection;

        public ITimer? Timer { get; set; }
    }
}
