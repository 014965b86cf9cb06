using NetControl.Network;

namespace NetControl.Transport.Dns;

/// <summary>Asks over datagrams, and over a stream what they cannot carry: truncated answers (RFC 7766 section 5), and silence.</summary>
/// <remarks>
/// A datagram is lost now and then, so it is tried twice, two seconds each; a way that carries none at all costs no more than that, or
/// nothing if it says so at once.
/// </remarks>
public sealed class DnsFallbackTransport : IDnsTransport
{
    private const int Tries = 2;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);
    private readonly IDnsTransport _packets;
    private readonly IDnsTransport _streams;
    private readonly TimeProvider _timeProvider;

    /// <summary>Makes a transport of two.</summary>
    /// <exception cref="ArgumentNullException">A transport is null.</exception>
    public DnsFallbackTransport(IDnsTransport packets, IDnsTransport streams, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(packets);
        ArgumentNullException.ThrowIfNull(streams);
        _packets = packets;
        _streams = streams;
        _timeProvider = timeProvider ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    public async ValueTask<byte[]> ExchangeAsync(ReadOnlyMemory<byte> query, CancellationToken cancellationToken = default)
    {
        for (int i = 0; i < Tries; i++)
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
                // Once more, or over a stream.
            }
            catch (DnsException e) when (e.Error is not DnsError.BadRequest)
            {
                break;
            }
        }

        return await _streams.ExchangeAsync(query, cancellationToken);
    }

    /// <summary>A resolver by address, over a way: datagrams where it carries them, else streams alone. A name is left to the way's streams.</summary>
    internal static IDnsTransport Over(Chains.Way way, HostPort server, TimeProvider timeProvider)
    {
        DnsStreamTransport streams = new(new StreamDialerEndpoint(way.Streams, server));
        return server.IsAddress && way.NoPacketsReason is null
            ? new DnsFallbackTransport(new DnsPacketTransport(way.Packets, server.Address), streams, timeProvider)
            : streams;
    }

    private static bool IsTruncated(ReadOnlySpan<byte> answer) => DnsHeader.TryParse(answer, out DnsHeader header) && header.IsTruncated;
}
