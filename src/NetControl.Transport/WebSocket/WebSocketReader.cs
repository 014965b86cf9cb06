using System.Buffers.Binary;

namespace NetControl.Transport.WebSocket;

/// <summary>Takes the frames of a server apart (RFC 6455 section 5), whatever pieces they come in.</summary>
/// <remarks>
/// A pure machine: bytes go in, <see cref="WebSocketToken"/>s come out. It keeps at most a header and the payload of one frame of control;
/// payload of messages is passed on where it lies.
/// </remarks>
internal sealed class WebSocketReader
{
    // Header first, then the payload of a frame of control.
    private readonly byte[] _kept = new byte[10 + WebSocketFrame.MaxControl];
    private int _keptLength;
    private WebSocketOpcode _opcode;
    private bool _final;
    private bool _headerBegun;
    private bool _inFrame;
    private bool _inMessage;
    private bool _endDue;
    private bool _closed;
    private long _left;

    /// <summary>The payload of the last <see cref="WebSocketToken.Ping"/>.</summary>
    public ReadOnlySpan<byte> Control => _kept.AsSpan(0, _keptLength);

    /// <summary>With <see cref="WebSocketToken.Close"/>: what the server said.</summary>
    public WebSocketCloseCode CloseCode { get; private set; }

    /// <summary>How much of the current frame's payload is still to come; it may be read to where it belongs. 0 between frames.</summary>
    public long Expected => _inFrame && _opcode < WebSocketOpcode.Close ? _left : 0;

    /// <summary>Takes the next token from the front of the input.</summary>
    /// <param name="input">What has come; moved past what was taken.</param>
    /// <param name="payload">With <see cref="WebSocketToken.Payload"/>: where it lies in the input.</param>
    /// <exception cref="WebSocketStreamException">The server broke the rules.</exception>
    public WebSocketToken Next(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        while (true)
        {
            if (_closed)
            {
                // What comes after the end is nobody's.
                input = default;
                return WebSocketToken.More;
            }

            if (_endDue)
            {
                _endDue = false;
                return WebSocketToken.MessageEnd;
            }

            if (!_inFrame && !TryReadHeader(ref input))
            {
                return WebSocketToken.More;
            }

            if (_opcode >= WebSocketOpcode.Close)
            {
                if (!TryKeep(ref input, (int)_left))
                {
                    return WebSocketToken.More;
                }

                _inFrame = false;
                WebSocketToken token = EndControl();
                if (token != WebSocketToken.More)
                {
                    return token;
                }

                _keptLength = 0;
                continue;
            }

            int count = (int)Math.Min(_left, input.Length);
            if (count == 0 && _left > 0)
            {
                return WebSocketToken.More;
            }

            payload = input[..count];
            input = input[count..];
            Advance(count);
            if (count > 0)
            {
                return WebSocketToken.Payload;
            }
        }
    }

    /// <summary>Payload of the current frame was read to where it belongs, past <see cref="Next"/>.</summary>
    /// <param name="count">How much; at most <see cref="Expected"/>.</param>
    public void Advance(int count)
    {
        _left -= count;
        if (_left == 0)
        {
            _inFrame = false;
            _keptLength = 0;
            _inMessage = !_final;
            _endDue = _final;
        }
    }

    private bool TryReadHeader(ref ReadOnlySpan<byte> input)
    {
        if (!_headerBegun)
        {
            _keptLength = 0;
            _headerBegun = true;
        }

        if (!TryKeep(ref input, 2))
        {
            return false;
        }

        int length = _kept[1] & 0x7F;
        CheckHeader(length);
        int size = length switch { 126 => 4, 127 => 10, _ => 2 };
        if (!TryKeep(ref input, size))
        {
            return false;
        }

        ulong left = length switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(_kept.AsSpan(2)),
            127 => BinaryPrimitives.ReadUInt64BigEndian(_kept.AsSpan(2)),
            _ => (ulong)length,
        };
        if (left > long.MaxValue || (length == 126 && left < 126) || (length == 127 && left <= ushort.MaxValue))
        {
            throw Violation("a length that is not written as it has to be");
        }

        _left = (long)left;
        _final = (_kept[0] & 0x80) != 0;
        _opcode = (WebSocketOpcode)(_kept[0] & 0x0F);
        _inFrame = true;
        _headerBegun = false;
        _keptLength = 0;
        return true;
    }

    private void CheckHeader(int length)
    {
        var opcode = (WebSocketOpcode)(_kept[0] & 0x0F);
        bool final = (_kept[0] & 0x80) != 0;
        if ((_kept[0] & 0x70) != 0)
        {
            throw Violation("an extension that was not agreed on");
        }

        if ((_kept[1] & 0x80) != 0)
        {
            throw Violation("a masked frame, which only a client does");
        }

        switch (opcode)
        {
            case WebSocketOpcode.Text:
                throw new WebSocketStreamException(WebSocketCloseCode.UnsupportedData, "the WebSocket server sent a text message, where only binary ones have a meaning");
            case WebSocketOpcode.Continuation when !_inMessage:
                throw Violation("a continuation of nothing");
            case WebSocketOpcode.Binary when _inMessage:
                throw Violation("a message inside another");
            case WebSocketOpcode.Continuation or WebSocketOpcode.Binary:
                break;
            case WebSocketOpcode.Close or WebSocketOpcode.Ping or WebSocketOpcode.Pong when !final || length > WebSocketFrame.MaxControl:
                throw Violation("a frame of control that is too long or in pieces");
            case WebSocketOpcode.Close or WebSocketOpcode.Ping or WebSocketOpcode.Pong:
                break;
            default:
                throw Violation($"a frame of an unknown kind, {(int)opcode}");
        }
    }

    private WebSocketToken EndControl()
    {
        if (_opcode == WebSocketOpcode.Ping)
        {
            return WebSocketToken.Ping;
        }

        if (_opcode != WebSocketOpcode.Close)
        {
            // A pong that nobody has asked for is allowed, and means nothing.
            return WebSocketToken.More;
        }

        if (_keptLength == 1)
        {
            throw Violation("half a reason for closing");
        }

        CloseCode = _keptLength == 0 ? WebSocketCloseCode.NoStatus : (WebSocketCloseCode)BinaryPrimitives.ReadUInt16BigEndian(_kept);
        _closed = true;
        return WebSocketToken.Close;
    }

    /// <summary>Keeps bytes until there are so many.</summary>
    private bool TryKeep(ref ReadOnlySpan<byte> input, int length)
    {
        int count = Math.Min(length - _keptLength, input.Length);
        if (count > 0)
        {
            input[..count].CopyTo(_kept.AsSpan(_keptLength));
            _keptLength += count;
            input = input[count..];
        }

        return _keptLength >= length;
    }

    private static WebSocketStreamException Violation(string what) => new(WebSocketCloseCode.ProtocolError, $"the WebSocket server sent {what}");
}
