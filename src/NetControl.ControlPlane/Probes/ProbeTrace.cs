using System.Diagnostics;

namespace NetControl.ControlPlane.Probes;

/// <summary>Notes which stage a probe is in, and how long each took.</summary>
/// <remarks>Thread rule: the stages of one probe follow each other, on whatever threads.</remarks>
internal sealed class ProbeTrace
{
    private readonly List<(string Name, TimeSpan Duration)> _stages = [];
    private readonly long _start = Stopwatch.GetTimestamp();
    private long _since = Stopwatch.GetTimestamp();

    private bool _begun;

    /// <summary>The stage under way, or the one that will be the first.</summary>
    public string Current { get; private set; } = "connect";

    /// <summary>How long it all took so far.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);

    /// <summary>The stages, the one under way included.</summary>
    public IReadOnlyList<ProbeStage> Stages => [.. _stages.Select(stage => new ProbeStage(stage.Name, stage.Duration))];

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
        long now = Stopwatch.GetTimestamp();
        TimeSpan took = Stopwatch.GetElapsedTime(_since, now);
        _since = now;
        if (!_begun)
        {
            return;
        }

        int at = _stages.FindIndex(stage => stage.Name == Current);
        if (at < 0)
        {
            _stages.Add((Current, took));
        }
        else
        {
            _stages[at] = (Current, _stages[at].Duration + took);
        }
    }
}
