namespace NetControl.Testing.Captures;

/// <summary>The counters of one interface in a <see cref="PcapngFile"/>.</summary>
public sealed record PcapngStatistics(int Interface, long Received, long Dropped, long Accepted, long Delivered, string Comment);
