using NetControl.Network;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Dns;

/// <summary>Asks over datagrams, and over a stream what they cannot carry: truncated answers (RFC 7766 section 5), and silence.</summary>
/// <remarks>
/// A datagram is lost now and then, so it is tried twice, two seconds each; a way that carries none at all costs that once a minute, or
/// nothing if it says so at once. Thread rule: any thread.
/// </remarks>
public sealed class DnsFallbackTransport : IDnsTransport
{
    private const int Tries = 2;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_memory = TimeSpan.FromMinutes(1);
    private readonly IDnsTransport _packets;
    private readonly IDnsTransport _streams;
    private readonly TimeProvider _timeProvider;
    private readonly long _start;
    private long _silentUntil; // ticks since the start

    /// <summary>Makes a transport of two.</summary>
    /// <exception cref="ArgumentNullException">A transport is null.</exception>
    public DnsFallbackTransport(IDnsTransport packets, IDnsTransport streams, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(packets);
        ArgumentNullException.ThrowIfNull(streams);
        _packets = packets;
        _streams = streams;
        _timeProvider = timeProvider ?? TimeProvider.System;
        _start = _timeProvider.GetTimestamp();
    }

    /// <inheritdoc/>
    public async ValueTask<byte[]> ExchangeAsync(ReadOnlyMemory<byte> query, CancellationToken cancellationToken = default)
    {
        bool silent = Elapsed < Interlocked.Read(ref _silentUntil);
        int silences = 0;
        for (int i = 0; i < Tries && !silent; i++)
        {
            using TimeLimit limit = new(s_patience, _timeProvider, cancellationToken);
            try
            {
                byte[] answer = await _packets.ExchangeAsync(query, limit.Token);
                if (!IsTruncated(answer))
                {
                    return answer;
                }

                break;
            }
            catch (OperationCanceledException) when (limit.IsOver)
            {
                silences++; // once more, or over a stream
            }
            catch (DnsException e) when (e.Error is not DnsError.BadRequest)
            {
                break;
            }
        }

        byte[] streamed = await _streams.ExchangeAsync(query, cancellationToken);
        if (silences == Tries)
        {
            Interlocked.Exchange(ref _silentUntil, Elapsed + s_memory.Ticks); // the resolver is well: datagrams do not come through
        }

        return streamed;
    }

    /// <summary>A resolver by address, over a way: datagrams where it carries them, else streams alone.</summary>
    internal static IDnsTransport Over(Way way, AddrPort server, TimeProvider timeProvider)
    {
        DnsStreamTransport streams = new(new StreamDialerEndpoint(way.Streams, server));
        return way.NoPacketsReason is null
            ? new DnsFallbackTransport(new DnsPacketTransport(way.Packets, server), streams, timeProvider)
            : streams;
    }

    /// <summary>
    /// A resolver by name or address, over a way. Datagrams go to a name where the way takes them there, or is this machine's own; through
    /// a proxy that takes addresses only, streams alone do: its far end knows the name, and what this machine finds by it may be another
    /// place.
    /// </summary>
    internal static IDnsTransport Over(Way way, HostPort server, HopContext context)
    {
        DnsStreamTransport streams = new(new StreamDialerEndpoint(way.Streams, server), context.TimeProvider, context.CurrentLoop);
        DnsPacketTransport? packets = way.NoPacketsReason is not null ? null
            : server.IsAddress ? new DnsPacketTransport(way.Packets, server.Address)
            : way.Packets is IServerPacketListener named ? new DnsPacketTransport(named, server)
            : ReferenceEquals(way.Packets, context.Direct.Packets)
                ? new DnsPacketTransport(way.Packets, new ServerAddress(server, context.Lookup, context.TimeProvider))
                : null;
        return packets is null ? streams : new DnsFallbackTransport(packets, streams, context.TimeProvider);
    }

    private long Elapsed => _timeProvider.GetElapsedTime(_start).Ticks;

    private static bool IsTruncated(ReadOnlySpan<byte> answer) => DnsHeader.TryParse(answer, out DnsHeader header) && header.IsTruncated;
}
