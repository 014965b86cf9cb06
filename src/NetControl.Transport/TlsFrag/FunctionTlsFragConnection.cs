using System.Runtime.CompilerServices;
using NetControl.Network;

namespace NetControl.Transport.TlsFrag;

/// <summary>Cuts the first handshake record where a function of its content says: the record is held until it is whole, then goes out in one write.</summary>
internal sealed class FunctionTlsFragConnection(IStreamConnection inner, TlsRecordSplit split) : TlsFragConnection(inner)
{
    // Room for the record and for one more header.
    private byte[] _record = [];
    private int _length;
    private int _have;

    protected override bool IsToBeCut(int length)
    {
        _length = length;
        _record = new byte[length + (2 * TlsRecordHeader.Length)];
        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    protected override async ValueTask ContentAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        int taken = Math.Min(_length - _have, buffer.Length);
        buffer[..taken].CopyTo(_record.AsMemory(TlsRecordHeader.Length + _have));
        _have += taken;
        if (_have < _length)
        {
            return;
        }

        int total = Cut();
        byte[] record = _record;
        _record = [];
        Finish();
        await Inner.WriteAsync(record.AsMemory(0, total), cancellationToken);
        if (taken < buffer.Length)
        {
            await Inner.WriteAsync(buffer[taken..], cancellationToken);
        }
    }

    protected override ReadOnlyMemory<byte> TakeHeld() => _record.AsMemory(Math.Min(TlsRecordHeader.Length, _record.Length), _have);

    /// <summary>Puts the headers where they belong.</summary>
    /// <returns>The length of everything.</returns>
    private int Cut()
    {
        Span<byte> record = _record;
        Span<byte> content = record.Slice(TlsRecordHeader.Length, _length);
        int first = split(content);
        if (first <= 0 || first >= _length)
        {
            TlsRecordHeader.Write(Header, _length, record);
            return TlsRecordHeader.Length + _length;
        }

        content[first..].CopyTo(record[((2 * TlsRecordHeader.Length) + first)..]);
        TlsRecordHeader.Write(Header, first, record);
        TlsRecordHeader.Write(Header, _length - first, record[(TlsRecordHeader.Length + first)..]);
        return record.Length;
    }
}
