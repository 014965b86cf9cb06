using NetControl.ControlPlane.Dialers;
using NetControl.ControlPlane.Health;
using NetControl.ControlPlane.Specs;
using NetControl.Transport.Chains;
using NetControl.Transport.Probes;

namespace NetControl.ControlPlane.Probes;

/// <summary>Tries chains out over the engine's sockets, for whoever asks and for those who judge a proxy.</summary>
/// <remarks>Thread rule: any thread but a loop's. A chain that does not work is a result; only cancelling throws.</remarks>
internal sealed class ProxyProber
{
    private readonly ChainProber _prober;

    /// <summary>Makes a prober over the dialers' own way out.</summary>
    public ProxyProber(DialerFactory dialers, TimeProvider time) => _prober = new ChainProber(dialers.Context, time);

    /// <summary>Tries every target, TCP first, in the order of the request.</summary>
    public Task<ProbeResult[]> ProbeAsync(Chain chain, ProbeRequest request, CancellationToken cancellationToken) =>
        Task.Run(() => RunAsync(chain, request, cancellationToken), cancellationToken); // a caller's context would take us off the loop

    /// <summary>Tries one target for those who judge the proxy.</summary>
    public async Task<DialOutcome> TryAsync(ProxySpec proxy, HealthProbeSpec probe, CancellationToken cancellationToken)
    {
        ProbeRequest request = new() { TcpTargets = [probe.Target], Timeout = probe.Timeout };
        ProbeResult result = (await ProbeAsync(proxy.Chain, request, cancellationToken))[0];
        return result.Error is { } error
            ? new DialOutcome($"probe {error.Op}", error.Message.Length > 0 ? error.Message : error.PosixError, null)
            : new DialOutcome("", "", result.Duration);
    }

    private async Task<ProbeResult[]> RunAsync(Chain chain, ProbeRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await _prober.ProbeAsync(chain, request, cancellationToken);
        }
        finally
        {
            await Task.Yield(); // the sockets' awaits end on their loop, and whoever awaits this result must not work there
        }
    }
}
