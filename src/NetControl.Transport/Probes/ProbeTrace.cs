namespace NetControl.Transport.Probes;

/// <summary>Notes which stage a probe is in, and how long each took.</summary>
/// <remarks>Thread rule: the stages of one probe follow each other, on whatever threads.</remarks>
internal sealed class ProbeTrace
{
    private readonly List<ProbeStage> _stages = [];
    private readonly TimeProvider _time;
    private readonly long _start;
    private long _since;
    private bool _begun;

    /// <summary>Begins now.</summary>
    public ProbeTrace(TimeProvider time)
    {
        _time = time;
        _start = _since = time.GetTimestamp();
    }

    /// <summary>The stage under way, or the one that will be the first.</summary>
    public string Current { get; private set; } = "connect";

    /// <summary>How long it all took so far.</summary>
    public TimeSpan Elapsed => _time.GetElapsedTime(_start);

    /// <summary>The stages that have ended.</summary>
    public IReadOnlyList<ProbeStage> Stages => [.. _stages];

    /// <summary>Ends the stage under way and begins another; one that was there before (a second attempt) goes on.</summary>
    public void Begin(string name)
    {
        End();
        Current = name;
        _begun = true;
    }

    /// <summary>Ends the stage under way; it stays the current one.</summary>
    public void End()
    {
        long now = _time.GetTimestamp();
        TimeSpan took = _time.GetElapsedTime(_since, now);
        _since = now;
        if (!_begun)
        {
            return;
        }

        int at = _stages.FindIndex(stage => stage.Name == Current);
        if (at < 0)
        {
            _stages.Add(new ProbeStage(Current, took));
        }
        else
        {
            _stages[at] = _stages[at] with { Duration = _stages[at].Duration + took };
        }
    }
}
