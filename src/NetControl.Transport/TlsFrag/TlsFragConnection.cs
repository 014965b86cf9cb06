using System.Runtime.CompilerServices;
using NetControl.Network;
using NetControl.Transport.Shaping;

namespace NetControl.Transport.TlsFrag;

/// <summary>What both ways of cutting share: the header of the first record is held until it is whole, or cannot be one any more.</summary>
internal abstract class TlsFragConnection(IStreamConnection inner) : ShapingConnection(inner)
{
    private readonly byte[] _header = new byte[TlsRecordHeader.Length];
    private int _have;
    private bool _done;

    protected override bool IsDone => _done;

    /// <summary>The header, once it is whole.</summary>
    protected ReadOnlySpan<byte> Header => _header;

    /// <summary>Whether what was held back is a whole header of a handshake record.</summary>
    private bool IsHeaderWhole => _have == TlsRecordHeader.Length;

    /// <inheritdoc/>
    public override async ValueTask CloseWriteAsync(CancellationToken cancellationToken = default)
    {
        // What never became a record is the stream's all the same.
        await GiveUpAsync(ReadOnlyMemory<byte>.Empty, cancellationToken);
        await Inner.CloseWriteAsync(cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    protected sealed override async ValueTask ShapeAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        if (!IsHeaderWhole)
        {
            int taken = Math.Min(buffer.Length, TlsRecordHeader.Length - _have);
            buffer.Span[..taken].CopyTo(_header.AsSpan(_have));
            _have += taken;
            buffer = buffer[taken..];
            if (!TlsRecordHeader.MayBeHandshake(_header.AsSpan(0, _have))
                || (IsHeaderWhole && !IsToBeCut(TlsRecordHeader.ContentLength(_header))))
            {
                await GiveUpAsync(buffer, cancellationToken);
                return;
            }
        }

        if (IsHeaderWhole)
        {
            await ContentAsync(buffer, cancellationToken);
        }
    }

    /// <summary>Whether a record of this length is to be cut, as far as can be told yet.</summary>
    protected abstract bool IsToBeCut(int length);

    /// <summary>Takes what follows the header; none, if that came alone.</summary>
    protected abstract ValueTask ContentAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Gives back what was held of the record's content, for a stream that ends too soon.</summary>
    protected virtual ReadOnlyMemory<byte> TakeHeld() => ReadOnlyMemory<byte>.Empty;

    /// <summary>From here on everything passes.</summary>
    protected void Finish() => _done = true;

    /// <summary>The header has been written, in whatever form.</summary>
    protected bool HeaderIsOut { get; set; }

    private async ValueTask GiveUpAsync(ReadOnlyMemory<byte> rest, CancellationToken cancellationToken)
    {
        bool held = !_done && !HeaderIsOut && _have > 0;
        Finish();
        if (held)
        {
            // In one piece with what follows, as the application wrote it.
            byte[] piece = [.. _header.AsSpan(0, _have), .. TakeHeld().Span, .. rest.Span];
            await Inner.WriteAsync(piece, cancellationToken);
        }
    }
}
