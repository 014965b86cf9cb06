using System.Buffers;
using System.Runtime.CompilerServices;
using NetControl.Network;

namespace NetControl.Transport.TlsFrag;

/// <summary>Cuts the first handshake record at a fixed place: nothing but its header is ever held back, a record that comes in pieces streams.</summary>
/// <remarks>
/// <code>
///  16 03 01 00 10 | 16 bytes            16 03 01 00 07 | 7 bytes,  then  16 03 01 00 09 | 9 bytes
/// </code>
/// </remarks>
internal sealed class FixedTlsFragConnection(IStreamConnection inner, int length) : TlsFragConnection(inner)
{
    private int _untilCut;
    private int _second;

    protected override bool IsToBeCut(int contentLength)
    {
        _untilCut = length > 0 ? length : contentLength + length;
        _second = contentLength - _untilCut;
        return _untilCut > 0 && _second > 0;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    protected override async ValueTask ContentAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        int first = Math.Min(_untilCut, buffer.Length);
        int recordLength = _untilCut;
        _untilCut -= first;
        if (!HeaderIsOut)
        {
            HeaderIsOut = true;
            await WriteBehindHeaderAsync(recordLength, buffer[..first], cancellationToken);
        }
        else if (first > 0)
        {
            await Inner.WriteAsync(buffer[..first], cancellationToken);
        }

        if (_untilCut == 0)
        {
            Finish();
            await WriteBehindHeaderAsync(_second, buffer[first..], cancellationToken);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteBehindHeaderAsync(int recordLength, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        byte[] piece = ArrayPool<byte>.Shared.Rent(TlsRecordHeader.Length + content.Length);
        try
        {
            TlsRecordHeader.Write(Header, recordLength, piece);
            content.CopyTo(piece.AsMemory(TlsRecordHeader.Length));
            await Inner.WriteAsync(piece.AsMemory(0, TlsRecordHeader.Length + content.Length), cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }
}
