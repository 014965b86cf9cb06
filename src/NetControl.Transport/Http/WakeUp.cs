using System.Threading.Tasks.Sources;

namespace NetControl.Transport.Http;

/// <summary>Lets one of a connection's conversations wait until another wakes it; the wake-up runs it inside the call.</summary>
internal sealed class WakeUp : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _core;

    /// <summary>Begins a wait, before anybody may wake it.</summary>
    public void Reset() => _core.Reset();

    /// <summary>The wait that was begun.</summary>
    public ValueTask WaitAsync() => new(this, _core.Version);

    /// <summary>Ends the wait; once for each.</summary>
    public void Set() => _core.SetResult(true);

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
