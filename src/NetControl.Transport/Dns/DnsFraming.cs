using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using NetControl.Network;

namespace NetControl.Transport.Dns;

/// <summary>Messages in a stream: each after its length in two bytes (RFC 1035 section 4.2.2).</summary>
internal static class DnsFraming
{
    /// <summary>A message with its length before it.</summary>
    public static byte[] Frame(ReadOnlySpan<byte> message) => [(byte)(message.Length >> 8), (byte)message.Length, .. message];

    /// <summary>Reads one message; null where the stream ends between two.</summary>
    /// <exception cref="EndOfStreamException">The stream ended within a message.</exception>
    public static async ValueTask<byte[]?> ReadAsync(IStreamConnection connection, CancellationToken cancellationToken)
    {
        byte[] prefix = new byte[2];
        int got = await FillAsync(connection, prefix, cancellationToken);
        if (got == 0)
        {
            return null;
        }

        byte[] message = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
        return got == prefix.Length && await FillAsync(connection, message, cancellationToken) == message.Length
            ? message
            : throw new EndOfStreamException("the stream ended within a message");
    }

    /// <summary>Fills a buffer; what is returned is less than its length where the stream ends before that.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<int> FillAsync(IStreamConnection connection, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int filled = 0;
        while (filled < buffer.Length)
        {
            int read = await connection.ReadAsync(buffer[filled..], cancellationToken);
            if (read == 0)
            {
                break;
            }

            filled += read;
        }

        return filled;
    }
}
