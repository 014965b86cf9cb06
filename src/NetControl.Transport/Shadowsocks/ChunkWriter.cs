using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using NetControl.Network;

namespace NetControl.Transport.Shadowsocks;

/// <summary>The sealing half of a stream: the request, then chunks, several of them in one write.</summary>
/// <remarks>Buffers: a pooled one for the time of each write; between writes none is held. One write at a time.</remarks>
internal sealed class ChunkWriter(IStreamConnection inner, StreamOpening opening) : IDisposable
{
    /// <summary>The most bytes that one write of the inner stream carries.</summary>
    internal const int MostAtOnce = 64 << 10;

    private const int ChunkOverhead = StreamOpening.LengthBlock + Aead.TagLength;

    private ChunkCipher? _cipher;

    /// <summary>Writes data, and before it the request if that is still to be sent.</summary>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Min(MostAtOnce, SealedLength(data.Length)));
        ReadOnlyMemory<byte> rest = data;
        ValueTask write;
        try
        {
            int length = Seal(ref rest, buffer);
            write = inner.WriteAsync(buffer.AsMemory(0, length), cancellationToken);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }

        if (!write.IsCompletedSuccessfully || !rest.IsEmpty)
        {
            return ContinueAsync(write, buffer, rest, cancellationToken);
        }

        ArrayPool<byte>.Shared.Return(buffer);
        return write;
    }

    /// <inheritdoc/>
    public void Dispose() => _cipher?.Dispose();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ContinueAsync(ValueTask write, byte[] buffer, ReadOnlyMemory<byte> rest, CancellationToken cancellationToken)
    {
        try
        {
            await write;
            while (!rest.IsEmpty)
            {
                int length = Seal(ref rest, buffer);
                await inner.WriteAsync(buffer.AsMemory(0, length), cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private int SealedLength(int length)
    {
        long chunks = ((long)length / opening.BulkChunk) + 1;
        return (int)Math.Min(MostAtOnce, length + (chunks * ChunkOverhead) + (_cipher is null ? opening.RequestOverhead : 0));
    }

    /// <summary>Seals as much of the data as the buffer takes.</summary>
    private int Seal(ref ReadOnlyMemory<byte> data, Span<byte> to)
    {
        ReadOnlySpan<byte> left = data.Span;
        int at = 0;
        _cipher ??= opening.WriteRequest(to, ref left, out at);
        while (Math.Min(left.Length, opening.BulkChunk) is var length and > 0 && length <= to.Length - at - ChunkOverhead)
        {
            Span<byte> block = to.Slice(at, StreamOpening.LengthBlock);
            BinaryPrimitives.WriteUInt16BigEndian(block, (ushort)length);
            _cipher.Seal(block[..2], block);
            at += StreamOpening.LengthBlock;
            _cipher.Seal(left[..length], to.Slice(at, length + Aead.TagLength));
            at += length + Aead.TagLength;
            left = left[length..];
        }

        data = data[^left.Length..];
        return at;
    }
}
