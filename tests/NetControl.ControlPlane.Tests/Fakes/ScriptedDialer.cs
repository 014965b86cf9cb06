using System.Collections.Concurrent;
using NetControl.Network;

namespace NetControl.ControlPlane.Tests.Fakes;

/// <summary>A dialer whose destinations fail as the test says; the others cannot be told from a stream that never moves.</summary>
internal sealed class ScriptedDialer : IStreamDialer
{
    /// <summary>How dialling a destination fails; what is not here succeeds.</summary>
    public ConcurrentDictionary<string, Func<Exception>> Failures { get; } = new(StringComparer.Ordinal);

    /// <summary>What a stream to a destination is made of; without one it is of nothing.</summary>
    public Func<HostPort, IStreamConnection>? Connect { get; set; }

    public ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default) =>
        Failures.TryGetValue(destination.ToString(), out Func<Exception>? failure)
            ? ValueTask.FromException<IStreamConnection>(failure())
            : ValueTask.FromResult(Connect?.Invoke(destination)!);
}
