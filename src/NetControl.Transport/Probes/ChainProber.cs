using System.Security.Cryptography;
using System.Text;
using NetControl.Network;
using NetControl.Transport.Chains;
using NetControl.Transport.Dns;

namespace NetControl.Transport.Probes;

/// <summary>Tries a chain out as a session would use it, stage by stage: whether it connects, and where it fails if it does not.</summary>
/// <remarks>
/// A chain that does not work is a result; only cancelling, and a request that cannot be tried, throw. Any bytes that come back are a
/// success, also a refusal or what is no answer: what is judged is the way, not the server at its end. Thread rule: any thread but a loop's.
/// The task may complete on a thread of the sockets'; where that is a loop's, leave it (<c>await Task.Yield()</c>) before anything that takes
/// time.
/// </remarks>
public sealed class ChainProber
{
    /// <summary>How many targets of a call are tried at once: a probe must not look like a flood.</summary>
    public const int Concurrency = 8;

    private const int HttpPort = 80;
    private const int DnsPort = 53;
    private readonly HopContext _context;
    private readonly TimeProvider _time;

    /// <summary>Makes a prober.</summary>
    /// <param name="context">What chains are built into; its direct way reaches their first hops.</param>
    /// <param name="timeProvider">Measures and limits; the system's if null. Not a loop's, which stands still while the loop works.</param>
    public ChainProber(HopContext context, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        _context = context;
        _time = timeProvider ?? TimeProvider.System;
    }

    /// <summary>Tries every target, TCP first, in the order of the request.</summary>
    /// <exception cref="ArgumentException">
    /// The request cannot be tried: its query name is no host name, its timeout is out of range, or a target has no port.
    /// </exception>
    public Task<ProbeResult[]> ProbeAsync(Chain chain, ProbeRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(chain);
        ArgumentNullException.ThrowIfNull(request);
        if (!DnsName.TryParseHost(request.QueryName, out DnsName name))
        {
            throw new ArgumentException($"query name '{request.QueryName}' is not a host name; give e.g. a.example", nameof(request));
        }

        if (request.Timeout <= TimeSpan.Zero || request.Timeout.TotalMilliseconds > int.MaxValue)
        {
            throw new ArgumentException($"timeout {request.Timeout} is out of range; give from a tick to 24 days", nameof(request));
        }

        if (request.TcpTargets.Any(target => target.Port == 0) || request.UdpTargets.Any(target => target.Port == 0))
        {
            throw new ArgumentException("a target has port 0; give each a port from 1 to 65535", nameof(request));
        }

        return RunAllAsync(chain, request, new DnsQuestion(name, DnsType.A), cancellationToken);
    }

    private async Task<ProbeResult[]> RunAllAsync(
        Chain chain, ProbeRequest request, DnsQuestion question, CancellationToken cancellationToken)
    {
        using SemaphoreSlim turns = new(Concurrency);
        return await Task.WhenAll(
        [
            .. request.TcpTargets.Select(target => RunAsync(turns, $"{target}", isTcp: true, request.Timeout,
                (trace, token) => TryStreamAsync(chain, target, question, trace, token), cancellationToken)),
            .. request.UdpTargets.Select(target => RunAsync(turns, $"{target}", isTcp: false, request.Timeout,
                (trace, token) => TryPacketAsync(chain, target, question, trace, token), cancellationToken)),
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
            ProbeTrace trace = new(_time);
            ProbeError? error = null;
            using TimeLimit limit = new(timeout, _time, cancellationToken);
            try
            {
                await attempt(trace, limit.Token);
            }
            catch (Exception) when (limit.Token.IsCancellationRequested)
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
            turns.Release();
        }
    }

    private async Task TryStreamAsync(
        Chain chain, HostPort target, DnsQuestion question, ProbeTrace trace, CancellationToken cancellationToken)
    {
        IStreamDialer streams = Wrap(chain, trace, chain.Hops.Count == 0 ? "send" : "handshake").Streams;
        using IStreamConnection connection = await streams.DialAsync(target, cancellationToken);
        trace.Begin("send");
        byte[]? request = target.Port switch
        {
            DnsPort => DnsFraming.Frame(DnsQuery.Create(NewId(), question)),
            HttpPort => Encoding.ASCII.GetBytes($"HEAD / HTTP/1.1\r\nHost: {target}\r\nConnection: close\r\n\r\n"),
            _ => null,
        };
        if (request is null)
        {
            return;
        }

        await connection.WriteAsync(request, cancellationToken);
        trace.Begin("receive");
        if (await connection.ReadAsync(new byte[2048], cancellationToken) == 0)
        {
            throw new EndOfStreamException("the stream ended before the first byte of an answer");
        }
    }

    private async Task TryPacketAsync(
        Chain chain, AddrPort target, DnsQuestion question, ProbeTrace trace, CancellationToken cancellationToken)
    {
        IPacketListener packets = Wrap(chain, trace, "associate").Packets;
        using IPacketConnection connection = await packets.ListenAsync(cancellationToken);
        trace.Begin("send");
        ushort id = NewId();
        AnswerCatcher catcher = new(target, id);
        connection.Receive(catcher);
        if (!connection.Send(DnsQuery.Create(id, question), target))
        {
            throw new IOException("the socket did not take the datagram");
        }

        trace.Begin("receive");
        await catcher.Answer.WaitAsync(cancellationToken);
    }

    private Way Wrap(Chain chain, ProbeTrace trace, string next)
    {
        TracedDialer dialer = new(_context.Direct.Streams, _context.Lookup, trace, next);
        return chain.Wrap(_context.Direct with { Streams = dialer }, _context);
    }

    private static ushort NewId() => (ushort)RandomNumberGenerator.GetInt32(ushort.MaxValue + 1);
}
