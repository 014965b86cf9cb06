namespace NetControl.Transport.Dns;

/// <summary>A token that is cancelled with the caller's, or when a time is over; whose timer fires where the clock lets it.</summary>
internal sealed class TimeLimit : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly CancellationTokenRegistration _registration;
    private readonly CancellationToken _caller;

    public TimeLimit(TimeSpan time, TimeProvider timeProvider, CancellationToken caller)
    {
        // CreateLinkedTokenSource knows no clock but the system's.
        _source = new CancellationTokenSource(time, timeProvider);
        _caller = caller;
        _registration = caller.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _source);
    }

    /// <summary>The token.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Whether the time is over, and the caller has not given up.</summary>
    public bool IsOver => _source.IsCancellationRequested && !_caller.IsCancellationRequested;

    /// <inheritdoc/>
    public void Dispose()
    {
        _registration.Unregister();
        _source.Dispose();
    }
}
