using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace NetControl.Testing.Origin;

/// <summary>A DNS server over UDP that knows one A and one AAAA record, whatever the name.</summary>
public sealed class DnsServer : IDisposable
{
    private const int HeaderLength = 12;
    private const ushort TypeA = 1;
    private const ushort TypeAaaa = 28;
    private readonly Socket _socket;
    private readonly IPAddress _v4;
    private readonly IPAddress _v6;
    private long _queries;

    /// <summary>Starts a server.</summary>
    /// <param name="listen">Where.</param>
    /// <param name="v4">What every A query is answered with.</param>
    /// <param name="v6">What every AAAA query is answered with.</param>
    public DnsServer(IPEndPoint listen, IPAddress v4, IPAddress v6)
    {
        ArgumentNullException.ThrowIfNull(listen);
        _v4 = v4;
        _v6 = v6;
        _socket = new Socket(listen.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        _socket.Bind(listen);
        EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        _ = ServeAsync();
    }

    /// <summary>Where the server listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Queries answered.</summary>
    public long Queries => Interlocked.Read(ref _queries);

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private async Task ServeAsync()
    {
        byte[] query = new byte[1500];
        SocketAddress from = new(_socket.AddressFamily);
        while (true)
        {
            try
            {
                int length = await _socket.ReceiveFromAsync(query, SocketFlags.None, from);
                if (Answer(query.AsSpan(0, length)) is { } answer)
                {
                    Interlocked.Increment(ref _queries);
                    await _socket.SendToAsync(answer, SocketFlags.None, from);
                }
            }
            catch (Exception e) when (e is ObjectDisposedException || (e is SocketException && _socket.SafeHandle.IsClosed))
            {
                return;
            }
            catch (SocketException)
            {
                // One datagram's fate.
            }
        }
    }

    // Answers the first question only, and drops the rest of the query: an EDNS record asks for nothing that is served here.
    private byte[]? Answer(ReadOnlySpan<byte> query)
    {
        int end = HeaderLength;
        while (end < query.Length && query[end] != 0)
        {
            end += query[end] + 1;
        }

        end += 5; // The root label, type and class.
        if (end > query.Length)
        {
            return null;
        }

        ushort type = BinaryPrimitives.ReadUInt16BigEndian(query[(end - 4)..]);
        byte[]? data = type switch
        {
            TypeA => _v4.GetAddressBytes(),
            TypeAaaa => _v6.GetAddressBytes(),
            _ => null,
        };
        byte[] header = [query[0], query[1], 0x85, 0x80, 0, 1, 0, (byte)(data is null ? 0 : 1), 0, 0, 0, 0];
        byte[] question = query[HeaderLength..end].ToArray();
        byte[] record = data is null ? [] : [0xC0, HeaderLength, 0, (byte)type, 0, 1, 0, 0, 0, 60, 0, (byte)data.Length, .. data];
        return [.. header, .. question, .. record];
    }
}
