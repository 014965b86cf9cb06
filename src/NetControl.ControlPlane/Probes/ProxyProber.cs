using System.Text;
using NetControl.ControlPlane.Dialers;
using NetControl.ControlPlane.Engines;
using NetControl.ControlPlane.Health;
using NetControl.ControlPlane.Specs;
using NetControl.Engine;
using NetControl.Network;
using NetControl.Transport.Chains;

namespace NetControl.ControlPlane.Probes;

/// <summary>Tries a proxy's chain out as a session would use it, stage by stage.</summary>
/// <remarks>Thread rule: any thread but a loop's. A chain that does not work is a result; only cancelling throws.</remarks>
internal sealed class ProxyProber
{
    /// <summary>How many targets of a call are tried at once: a probe must not look like a flood.</summary>
    public const int Concurrency = 8;

    private const int HttpPort = 80;
    private const int DnsPort = 53;
    private readonly IEngine _engine;
    private readonly DialerFactory _dialers;
    private readonly TimeProvider _time;

    /// <summary>Makes a prober over an engine's sockets.</summary>
    public ProxyProber(IEngine engine, DialerFactory dialers, TimeProvider time)
    {
        _engine = engine;
        _dialers = dialers;
        _time = time;
    }

    /// <summary>Tries every target, TCP first, in the order of the request.</summary>
    public Task<ProbeResult[]> ProbeAsync(Chain chain, ProbeRequest request, CancellationToken cancellationToken) =>
        Task.Run(() => RunAllAsync(chain, request, cancellationToken), cancellationToken); // a caller's context would take us off the loop

    /// <summary>Tries one target for those who judge the proxy.</summary>
    public async Task<DialOutcome> TryAsync(ProxySpec proxy, HealthProbeSpec probe, CancellationToken cancellationToken)
    {
        ProbeRequest request = new() { TcpTargets = [probe.Target], Timeout = probe.Timeout };
        ProbeResult result = (await ProbeAsync(proxy.Chain, request, cancellationToken))[0];
        return result.Error is { } error
            ? new DialOutcome($"probe {error.Op}", error.Message.Length > 0 ? error.Message : error.PosixError, null)
            : new DialOutcome("", "", result.Duration);
    }

    private async Task<ProbeResult[]> RunAllAsync(Chain chain, ProbeRequest request, CancellationToken cancellationToken)
    {
        using SemaphoreSlim turns = new(Concurrency);
        string name = request.QueryName;
        return await Task.WhenAll(
        [
            .. request.TcpTargets.Select(target => RunAsync(turns, $"{target}", isTcp: true, request.Timeout,
                (trace, token) => TryStreamAsync(chain, target, name, trace, token), cancellationToken)),
            .. request.UdpTargets.Select(target => RunAsync(turns, $"{target}", isTcp: false, request.Timeout,
                (trace, token) => TryPacketAsync(chain, target, name, trace, token), cancellationToken)),
        ]);
    }

    private async Task<ProbeResult> RunAsync(
        SemaphoreSlim turns,
        string target,
        bool isTcp,
        TimeSpan timeout,
        Func<ProbeTrace, CancellationToken, Task> attempt,
        CancellationToken cancellationToken)
    {
        await turns.WaitAsync(cancellationToken);
        try
        {
            DateTimeOffset start = _time.GetUtcNow();
            ProbeTrace trace = new();
            ProbeError? error = null;
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(timeout);
            try
            {
                await attempt(trace, limit.Token);
            }
            catch (Exception) when (limit.IsCancellationRequested)
            {
                cancellationToken.ThrowIfCancellationRequested();
                error = new ProbeError(trace.Current, "ETIMEDOUT", $"{trace.Current}: nothing came within {timeout.TotalSeconds:0.###} s");
            }
            catch (Exception e)
            {
                error = new ProbeError(trace.Current, PosixName.Of(e), e.Message);
            }

            trace.End();
            return new ProbeResult(target, isTcp, trace.Stages, error, start, trace.Elapsed);
        }
        finally
        {
            // The sockets' awaits end on their loop, and whoever awaits this result must not work there.
            await Task.Yield();
            turns.Release();
        }
    }

    private async Task TryStreamAsync(Chain chain, HostPort target, string name, ProbeTrace trace, CancellationToken cancellationToken)
    {
        TracedDialer dialer = new(_engine.StreamDialer, _engine.LookUpAsync, trace, chain.Hops.Count == 0 ? "send" : "handshake");
        IStreamDialer streams = _dialers.Wrap(chain, new Way(dialer, _engine.PacketListener)).Streams;
        using IStreamConnection connection = await streams.DialAsync(target, cancellationToken);
        trace.Begin("send");
        ushort id = (ushort)Random.Shared.Next();
        byte[]? question = target.Port switch
        {
            DnsPort => DnsProbe.Framed(DnsProbe.Query(id, name)),
            HttpPort => Encoding.ASCII.GetBytes($"HEAD / HTTP/1.1\r\nHost: {target}\r\nConnection: close\r\n\r\n"),
            _ => null,
        };
        if (question is null)
        {
            return;
        }

        await connection.WriteAsync(question, cancellationToken);
        trace.Begin("receive");
        if (await connection.ReadAsync(new byte[2048], cancellationToken) == 0)
        {
            throw new IOException("the stream ended before the first byte of an answer");
        }
    }

    private async Task TryPacketAsync(Chain chain, AddrPort target, string name, ProbeTrace trace, CancellationToken cancellationToken)
    {
        TracedDialer dialer = new(_engine.StreamDialer, _engine.LookUpAsync, trace, "associate");
        IPacketListener packets = _dialers.Wrap(chain, new Way(dialer, _engine.PacketListener)).Packets;
        using IPacketConnection connection = await packets.ListenAsync(cancellationToken);
        trace.Begin("send");
        ushort id = (ushort)Random.Shared.Next();
        AnswerCatcher catcher = new(id);
        connection.Receive(catcher);
        if (!connection.Send(DnsProbe.Query(id, name), target))
        {
            throw new IOException("the socket did not take the datagram");
        }

        trace.Begin("receive");
        await catcher.Answer.WaitAsync(cancellationToken);
    }
}
