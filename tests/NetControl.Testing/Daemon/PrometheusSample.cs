namespace NetControl.Testing.Daemon;

/// <summary>One line of a scrape.</summary>
public sealed record PrometheusSample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);
