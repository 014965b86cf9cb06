using NetControl.Testing.Daemon;

namespace NetControl.EndToEnd.Tests.Crash;

/// <summary>A request that changes something, with the request id that it keeps however often it is sent.</summary>
/// <param name="Text">What it asks for, in words.</param>
/// <param name="After">What is true when it has succeeded.</param>
/// <param name="Send">Sends it; returns the uids that the answer tells.</param>
internal sealed record Mutation(string Text, ModelState After, Func<DaemonClient, Task<IReadOnlyDictionary<string, string>>> Send)
{
    /// <summary>It settles an unconfirmed configuration, which a restart settles too.</summary>
    public bool Settles { get; init; }
}
