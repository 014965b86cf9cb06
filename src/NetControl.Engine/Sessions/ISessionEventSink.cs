namespace NetControl.Engine.Sessions;

/// <summary>Takes session events from the engine's pump. Called from one pool thread at a time, never from a loop.</summary>
public interface ISessionEventSink
{
    /// <summary>Events of one loop, in the order they happened there. The span is reused after the call.</summary>
    void OnEvents(ReadOnlySpan<SessionEvent> events);

    /// <summary>A loop's ring was full: this many events were lost since the last call, all of them later than those already delivered from that loop.</summary>
    void OnLost(long count);
}
