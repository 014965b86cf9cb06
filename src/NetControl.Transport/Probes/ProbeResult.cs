namespace NetControl.Transport.Probes;

/// <summary>How one target did.</summary>
/// <param name="Target">The target.</param>
/// <param name="IsTcp">Whether it was a stream, or a datagram.</param>
/// <param name="Stages">The stages that were reached.</param>
/// <param name="Error">What failed, or null.</param>
/// <param name="StartTime">When it began.</param>
/// <param name="Duration">How long all stages took.</param>
public sealed record ProbeResult(
    string Target, bool IsTcp, IReadOnlyList<ProbeStage> Stages, ProbeError? Error, DateTimeOffset StartTime, TimeSpan Duration);
