namespace NetControl.ControlPlane.Validation;

/// <summary>Durations as a request or a document writes them.</summary>
public static class DurationText
{
    /// <summary>In seconds, e.g. <c>1.5s</c>.</summary>
    public static string Of(TimeSpan time) => FormattableString.Invariant($"{time.TotalSeconds:0.###}s");
}
