using NetControl.Network;
using NetControl.Transport.Measures;

namespace NetControl.ControlPlane.Dialers;

/// <summary>How long a proxy's dials took, by stage and result, in buckets.</summary>
/// <remarks>Thread rule: any thread.</remarks>
public sealed class DialHistogram
{
    private static readonly int s_results = Enum.GetValues<DialFailure>().Length + 1;
    private readonly DurationHistogram _durations = new(Enum.GetValues<DialStage>().Length * s_results);

    /// <summary>Counts one.</summary>
    /// <param name="stage">What was measured.</param>
    /// <param name="failure">How it failed; null when it succeeded.</param>
    /// <param name="duration">How long it took.</param>
    public void Add(DialStage stage, DialFailure? failure, TimeSpan duration) =>
        _durations.Add(((int)stage * s_results) + (failure is { } f ? (int)f + 1 : 0), duration);

    /// <summary>Reads every bucket that holds something.</summary>
    public IEnumerable<DialBucket> Read() => _durations.Read().Select(bucket => new DialBucket(
        (DialStage)(bucket.Row / s_results), bucket.Row % s_results is > 0 and var result ? (DialFailure)(result - 1) : null,
        bucket.Bucket, bucket.Count, bucket.Total));
}
