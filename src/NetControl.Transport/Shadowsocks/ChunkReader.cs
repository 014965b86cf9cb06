using System.Buffers;
using System.Buffers.Binary;

namespace NetControl.Transport.Shadowsocks;

/// <summary>The opening half of a stream, without I/O: sealed bytes go in, data comes out.</summary>
/// <remarks>
/// Buffers: a pooled one from the first byte that is not yet given on to the last; an idle stream holds none. Chunks that fit are opened
/// straight into the caller's memory; one that does not is opened in place and given on in pieces.
/// <code>
///   _buffer:   ..... | data, opened in place | .. | sealed bytes ............. | free
///                    _data          _dataEnd      _start                 _end
/// </code>
/// Not thread-safe; the owner sees to it that <see cref="Dispose"/> does not meet another call.
/// </remarks>
internal sealed class ChunkReader(StreamOpening opening) : IDisposable
{
    private const int UsualBuffer = 64 << 10;

    // A tail shorter than this is not worth a read of its own.
    private const int LeastRoom = 16 << 10;

    private byte[]? _buffer;
    private int _data;
    private int _dataEnd;
    private int _start;
    private int _end;
    private int _chunk = -1;
    private ChunkCipher? _cipher;

    /// <summary>Whether nothing is kept: the next byte would be the first of a salt or a chunk.</summary>
    public bool IsIdle => _buffer is null && _chunk < 0;

    /// <summary>Whether <see cref="Read"/> has data to give without more bytes coming.</summary>
    public bool HasData => _data < _dataEnd || (_cipher is not null && _chunk > 0 && _end - _start >= Needed);

    private int Needed => _cipher is null ? opening.ResponseLength : _chunk < 0 ? StreamOpening.LengthBlock : _chunk + Aead.TagLength;

    /// <summary>Where the next sealed bytes go; after a <see cref="Read"/> that gave nothing.</summary>
    public Memory<byte> Room()
    {
        if (_buffer is null)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(UsualBuffer, Needed));
        }
        else if (_buffer.Length - _start < Needed || (_start > 0 && _buffer.Length - _end < LeastRoom))
        {
            MoveToFront();
        }

        return _buffer.AsMemory(_end);
    }

    /// <summary>So many bytes came into <see cref="Room"/>.</summary>
    public void Received(int count) => _end += count;

    /// <summary>The stream ended: between two chunks that is its end, anywhere else a fault.</summary>
    /// <exception cref="ShadowsocksStreamException">The stream ended in the middle of something.</exception>
    public void End()
    {
        bool whole = _start == _end && _chunk < 0;
        Release();
        if (!whole)
        {
            throw new ShadowsocksStreamException(ShadowsocksFault.Truncated);
        }
    }

    /// <summary>Gives data, as much as there is and fits; 0 if more bytes have to come first.</summary>
    /// <exception cref="ShadowsocksStreamException">The bytes cannot be believed.</exception>
    public int Read(Span<byte> to)
    {
        int given = 0;
        while (_buffer is not null)
        {
            if (_data < _dataEnd)
            {
                int count = Math.Min(_dataEnd - _data, to.Length - given);
                _buffer.AsSpan(_data, count).CopyTo(to[given..]);
                _data += count;
                given += count;
                if (_data < _dataEnd)
                {
                    return given;
                }
            }

            if (_end - _start < Needed || (given > 0 && _chunk > to.Length - given))
            {
                break;
            }

            given += Step(to[given..]);
        }

        if (_start == _end && _data == _dataEnd)
        {
            Release();
        }

        return given;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        _cipher?.Dispose();
    }

    /// <summary>Opens the next block: the head, a length, or a chunk. Returns how many bytes went to the caller.</summary>
    private int Step(Span<byte> to)
    {
        Span<byte> block = _buffer.AsSpan(_start, Needed);
        if (_cipher is null)
        {
            _cipher = opening.OpenResponse(block, out _chunk);
            _start += block.Length;
            return 0;
        }

        int length = block.Length - Aead.TagLength;
        bool direct = _chunk >= 0 && length <= to.Length;
        if (!_cipher.TryOpen(block, direct ? to[..length] : block[..length]))
        {
            throw new ShadowsocksStreamException(ShadowsocksFault.NotAuthentic);
        }

        if (_chunk < 0)
        {
            _chunk = BinaryPrimitives.ReadUInt16BigEndian(block) & opening.MaxChunk;
        }
        else
        {
            (_data, _dataEnd) = direct ? (0, 0) : (_start, _start + length);
            _chunk = -1;
        }

        _start += block.Length;
        return direct ? length : 0;
    }

    private void MoveToFront()
    {
        byte[] from = _buffer!;
        byte[] to = from.Length >= Needed ? from : ArrayPool<byte>.Shared.Rent(Needed);
        from.AsSpan(_start, _end - _start).CopyTo(to);
        (_start, _end) = (0, _end - _start);
        if (to != from)
        {
            ArrayPool<byte>.Shared.Return(from);
            _buffer = to;
        }
    }

    private void Release()
    {
        if (_buffer is { } buffer)
        {
            _buffer = null;
            ArrayPool<byte>.Shared.Return(buffer);
        }

        (_data, _dataEnd, _start, _end) = (0, 0, 0, 0);
    }
}
