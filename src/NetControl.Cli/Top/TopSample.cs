namespace NetControl.Cli.Top;

/// <summary>What the screen shows.</summary>
/// <param name="Sessions">The live sessions.</param>
/// <param name="OpenedRate">Sessions born a second.</param>
/// <param name="ClosedRate">Sessions ended a second.</param>
/// <param name="Lost">Events missing since the start.</param>
internal sealed record TopSample(IReadOnlyList<TopSession> Sessions, double OpenedRate, double ClosedRate, long Lost);
