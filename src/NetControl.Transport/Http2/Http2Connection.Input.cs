using System.Buffers;
using System.Buffers.Binary;
using NetControl.Network;
using NetControl.Transport.Http;
using NetControl.Transport.Http2.Hpack;

namespace NetControl.Transport.Http2;

/// <content>
/// What comes: frames, one by one, judged by RFC 9113 section 6 in its order. Long, because that chapter is: a method for each kind of frame.
/// </content>
internal sealed partial class Http2Connection
{
    private const int InputSize = 64 << 10;

    // So much is read without a wait; then everybody else on the loop has his turn.
    private const int ReadBudget = 512 << 10;
    private static readonly TimeSpan s_turn = TimeSpan.FromMilliseconds(1);
    private readonly WakeUp _turn = new();
    private readonly HpackDecoder _decoder = new(maxListSize: Http2Limits.HeaderBlock);
    private readonly Http2Response _response = new();
    private readonly ArrayBufferWriter<byte> _headerBlock = new();
    private int _headerStream;
    private bool _headerEndsStream;
    private int _headerPieces;
    private bool _settingsSeen;
    private long _settingsSent;
    private int _window = Http2Limits.ConnectionWindow;
    private int _received;
    private int _peerWindow = 65_535;

    // Measured by the answer to our settings; until then no window grows.
    private TimeSpan _roundTrip = TimeSpan.Zero;

    /// <summary>The time, in the clock's own units.</summary>
    internal long Timestamp => _time.GetTimestamp();

    /// <summary>Whether less than the path's round trip lies between two moments; a shorter one than a turn of a loop cannot be told apart.</summary>
    internal bool IsWithinRoundTrip(long from, long to) =>
        _roundTrip > TimeSpan.Zero && from != 0 && _time.GetElapsedTime(from, to) <= (_roundTrip > s_turn ? _roundTrip : s_turn);

    private async Task ReadAsync(IStreamConnection inner)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(InputSize);
        try
        {
            int have = 0;
            int budget = ReadBudget;
            while (true)
            {
                ValueTask<int> reading = inner.ReadAsync(buffer.AsMemory(have, InputSize - have));
                budget = reading.IsCompleted ? budget : ReadBudget;
                int read = await reading;
                if (read == 0)
                {
                    End(new Http2StreamException(null, "the HTTP/2 proxy closed the connection"), tell: null);
                    return;
                }

                have += read;
                int taken = TakeFrames(buffer.AsSpan(0, have));
                have -= taken;
                buffer.AsSpan(taken, have).CopyTo(buffer);
                WakeWriter();
                budget -= read;
                if (budget <= 0 && _inline)
                {
                    budget = ReadBudget;
                    await NextTurnAsync();
                }
            }
        }
        catch (Http2ProtocolException e)
        {
            End(e, e.Code);
        }
        catch (Exception e)
        {
            End(e, tell: null);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Waits for the loop's next turn: a timer that is due fires there.</summary>
    private async ValueTask NextTurnAsync()
    {
        _turn.Reset();
        using ITimer timer = _time.CreateTimer(static turn => ((WakeUp)turn!).Set(), _turn, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        await _turn.WaitAsync();
    }

    /// <summary>Handles the whole frames at the front.</summary>
    /// <returns>How many bytes they took.</returns>
    internal int TakeFrames(ReadOnlySpan<byte> input)
    {
        int at = 0;
        while (input.Length - at >= Http2FrameHeader.Size)
        {
            Http2FrameHeader header = Http2FrameHeader.Read(input[at..]);
            CheckHeader(header);
            if (input.Length - at < Http2FrameHeader.Size + header.Length)
            {
                break;
            }

            OnFrame(header, input.Slice(at + Http2FrameHeader.Size, header.Length));
            at += Http2FrameHeader.Size + header.Length;
        }

        return at;
    }

    private void CheckHeader(in Http2FrameHeader header)
    {
        if (!_settingsSeen && (header.Type != Http2FrameType.Settings || header.Has(Http2FrameFlags.Ack) || header.StreamId != 0))
        {
            throw new Http2ProtocolException(Http2ErrorCode.ProtocolError, "what the proxy speaks is no HTTP/2");
        }

        if (header.Length > Http2FrameHeader.MaxPayload)
        {
            throw new Http2ProtocolException(Http2ErrorCode.FrameSizeError, $"the HTTP/2 proxy sent a frame of {header.Length} bytes");
        }

        // RFC 9113 section 6.10: a header block is one piece for everybody else.
        if (_headerStream != 0 && (header.Type != Http2FrameType.Continuation || header.StreamId != _headerStream))
        {
            throw new Http2ProtocolException(Http2ErrorCode.ProtocolError, "the HTTP/2 proxy interrupted a header block");
        }
    }

    private void OnFrame(in Http2FrameHeader header, ReadOnlySpan<byte> payload)
    {
        _heard = true;
        switch (header.Type)
        {
            case Http2FrameType.Data:
                OnData(header, payload);
                break;
            case Http2FrameType.Headers:
                OnHeaders(header, payload);
                break;
            case Http2FrameType.Continuation:
                OnContinuation(header, payload);
                break;
            case Http2FrameType.RstStream:
                OnReset(header, payload);
                break;
            case Http2FrameType.Settings:
                OnSettings(header, payload);
                break;
            case Http2FrameType.Ping:
                OnPing(header, payload);
                break;
            case Http2FrameType.GoAway:
                OnGoAway(header, payload);
                break;
            case Http2FrameType.WindowUpdate:
                OnWindowUpdate(header, payload);
                break;
            case Http2FrameType.PushPromise:
                throw Violation("a push, which was turned off");
            default:
                CountIdleFrame();
                break;
        }
    }

    private void OnData(in Http2FrameHeader header, ReadOnlySpan<byte> payload)
    {
        CheckKnown(header);
        ReadOnlySpan<byte> data = StripPadding(header, payload);
        if (data.IsEmpty && !header.Has(Http2FrameFlags.EndStream))
        {
            CountIdleFrame();
        }

        Http2Stream? stream;
        lock (_gate)
        {
            // Given back on receipt: one reader who stalls must not stall the others; his own window does that for him.
            _window -= payload.Length;
            _received += payload.Length;
            if (_window < 0)
            {
                throw new Http2ProtocolException(Http2ErrorCode.FlowControlError, "the HTTP/2 proxy sent more than the window");
            }

            if (_received >= Http2Limits.ConnectionWindow / 4)
            {
                AppendWindowUpdate(0, _received);
                _window += _received;
                _received = 0;
            }

            if (_streams.TryGetValue(header.StreamId, out stream))
            {
                Http2ErrorCode? fault = stream.OnData(data, payload.Length, header.Has(Http2FrameFlags.EndStream));
                if (fault is { } code)
                {
                    ResetStream(stream, code, "the HTTP/2 proxy broke the rules of a stream");
                }
            }
        }

        Tell(stream);
    }

    private void OnHeaders(in Http2FrameHeader header, ReadOnlySpan<byte> payload)
    {
        CheckKnown(header);
        ReadOnlySpan<byte> block = StripPadding(header, payload);
        if (header.Has(Http2FrameFlags.Priority))
        {
            block = block.Length >= 5 ? block[5..] : throw FrameSize();
        }

        _headerStream = header.StreamId;
        _headerEndsStream = header.Has(Http2FrameFlags.EndStream);
        _headerPieces = 0;
        _headerBlock.ResetWrittenCount();
        AddToBlock(header, block);
    }

    private void OnContinuation(in Http2FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (_headerStream == 0)
        {
            throw Violation("a continuation of nothing");
        }

        // Empty ones could go on for ever without the block growing.
        if (++_headerPieces > 64)
        {
            throw new Http2ProtocolException(Http2ErrorCode.EnhanceYourCalm, "the HTTP/2 proxy sent a header block in too many pieces");
        }

        AddToBlock(header, payload);
    }

    private void AddToBlock(in Http2FrameHeader header, ReadOnlySpan<byte> block)
    {
        if (_headerBlock.WrittenCount + block.Length > Http2Limits.HeaderBlock)
        {
            throw new Http2ProtocolException(
                Http2ErrorCode.EnhanceYourCalm, $"the HTTP/2 proxy sent more than {Http2Limits.HeaderBlock} bytes of header");
        }

        if (header.Has(Http2FrameFlags.EndHeaders) && _headerBlock.WrittenCount == 0)
        {
            OnHeaderBlock(block);
            return;
        }

        _headerBlock.Write(block);
        if (header.Has(Http2FrameFlags.EndHeaders))
        {
            OnHeaderBlock(_headerBlock.WrittenSpan);
        }
    }

    private void OnHeaderBlock(ReadOnlySpan<byte> block)
    {
        int id = _headerStream;
        _headerStream = 0;
        _response.Reset();

        // Also for a stream that is over: the table is the connection's.
        if (_decoder.Decode(block, _response) is { } problem)
        {
            throw new Http2ProtocolException(Http2ErrorCode.CompressionError, $"the HTTP/2 proxy sent a header block with {problem}");
        }

        Http2Stream? stream;
        lock (_gate)
        {
            if (_streams.TryGetValue(id, out stream) && stream.OnResponse(_response, _headerEndsStream) is { } code)
            {
                ResetStream(stream, code, "the HTTP/2 proxy sent a malformed response");
            }
        }

        Tell(stream);
    }

    private void OnReset(in Http2FrameHeader header, ReadOnlySpan<byte> payload)
    {
        CheckKnown(header);
        CheckLength(payload.Length == 4);
        Http2Stream? stream;
        lock (_gate)
        {
            if (_streams.TryGetValue(header.StreamId, out stream))
            {
                stream.OnReset((Http2ErrorCode)BinaryPrimitives.ReadInt32BigEndian(payload));
                Forget(stream);
            }
        }

        Tell(stream);
    }

    private void OnSettings(in Http2FrameHeader header, ReadOnlySpan<byte> payload)
    {
        CheckConnection(header);
        CountIdleFrame();
        if (header.Has(Http2FrameFlags.Ack))
        {
            CheckLength(payload.IsEmpty);
            _roundTrip = _time.GetElapsedTime(_settingsSent) + TimeSpan.FromTicks(1);
            return;
        }

        CheckLength(payload.Length % 6 == 0);
        _settingsSeen = true;
        lock (_gate)
        {
            for (ReadOnlySpan<byte> left = payload; !left.IsEmpty; left = left[6..])
            {
                Apply(BinaryPrimitives.ReadUInt16BigEndian(left), BinaryPrimitives.ReadUInt32BigEndian(left[2..]));
            }

            AppendControl(new Http2FrameHeader(0, Http2FrameType.Settings, Http2FrameFlags.Ack, 0), []);
        }
    }

    private void Apply(int setting, uint value)
    {
        switch (setting)
        {
            case Http2Setting.EnablePush when value != 0:
                throw Violation("a setting that only a client has");
            case Http2Setting.MaxConcurrentStreams:
                _maxStreams = (int)Math.Min(value, int.MaxValue);
                break;
            case Http2Setting.MaxFrameSize when value is < Http2FrameHeader.MaxPayload or > (1 << 24) - 1:
                throw Violation("a frame size that is not allowed");
            case Http2Setting.InitialWindowSize:
                if (value > int.MaxValue)
                {
                    throw new Http2ProtocolException(Http2ErrorCode.FlowControlError, "the HTTP/2 proxy sent a window that is too large");
                }

                // RFC 9113 section 6.9.2: it changes the windows of the streams that are there, too; they may become negative.
                long change = value - (long)_peerWindow;
                _peerWindow = (int)value;
                foreach (Http2Stream stream in _streams.Values)
                {
                    if (!GrantSend(stream, change))
                    {
                        throw new Http2ProtocolException(Http2ErrorCode.FlowControlError, "the HTTP/2 proxy made a window too large");
                    }
                }

                break;
        }
    }

    private void OnPing(in Http2FrameHeader header, ReadOnlySpan<byte> payload)
    {
        CheckConnection(header);
        CheckLength(payload.Length == 8);
        CountIdleFrame();
        if (!header.Has(Http2FrameFlags.Ack))
        {
            lock (_gate)
            {
                AppendControl(new Http2FrameHeader(8, Http2FrameType.Ping, Http2FrameFlags.Ack, 0), payload);
            }
        }
    }

    private void OnGoAway(in Http2FrameHeader header, ReadOnlySpan<byte> payload)
    {
        CheckConnection(header);
        CheckLength(payload.Length >= 8);
        CountIdleFrame();
        int last = BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue;
        var code = (Http2ErrorCode)BinaryPrimitives.ReadInt32BigEndian(payload[4..]);
        List<Http2Stream> refused = [];
        lock (_gate)
        {
            _draining = true;

            // Those after the last one were never looked at and may be tried elsewhere, whatever the reason is.
            foreach (Http2Stream stream in _streams.Values)
            {
                if (stream.Id > last)
                {
                    refused.Add(stream);
                }
            }

            refused.AddRange(_waiting);
            _waiting.Clear();
            foreach (Http2Stream stream in refused)
            {
                stream.OnReset(Http2ErrorCode.RefusedStream);
                Forget(stream);
            }
        }

        _ended(this);
        foreach (Http2Stream stream in refused)
        {
            stream.Notify();
        }

        if (code != Http2ErrorCode.NoError)
        {
            End(new Http2StreamException(code, $"the HTTP/2 proxy ended the connection: {code}"), tell: null);
            return;
        }

        EndIfUnneeded();
    }

    private void OnWindowUpdate(in Http2FrameHeader header, ReadOnlySpan<byte> payload)
    {
        CheckLength(payload.Length == 4);
        int increment = BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue;
        Http2Stream? stream = null;
        lock (_gate)
        {
            if (header.StreamId == 0)
            {
                _sendWindow += increment;
                if (increment == 0 || _sendWindow > int.MaxValue)
                {
                    throw new Http2ProtocolException(Http2ErrorCode.FlowControlError, "the HTTP/2 proxy changed the window wrongly");
                }
            }
            else
            {
                CheckKnown(header);
                if (_streams.TryGetValue(header.StreamId, out stream) && (increment == 0 || !GrantSend(stream, increment)))
                {
                    Http2ErrorCode code = increment == 0 ? Http2ErrorCode.ProtocolError : Http2ErrorCode.FlowControlError;
                    ResetStream(stream, code, "the HTTP/2 proxy changed a window wrongly");
                }
            }
        }

        stream?.Notify();
        CompleteWrites();
        EndIfUnneeded();
    }

    /// <summary>Tells a stream's users what has changed. There is none where the frame came for a stream that we gave up meanwhile.</summary>
    private void Tell(Http2Stream? stream)
    {
        if (stream is not null)
        {
            stream.Notify();
            EndIfUnneeded();
        }
    }

    /// <summary>More may be sent on a stream. Under the gate.</summary>
    private bool GrantSend(Http2Stream stream, long change)
    {
        if (stream.SendWindow + change > int.MaxValue)
        {
            return false;
        }

        stream.SendWindow += change;
        if (stream.IsWritePending && stream.SendWindow > 0)
        {
            QueueWriter(stream);
        }

        return true;
    }

    /// <summary>Ends a stream for the other side's fault. Under the gate.</summary>
    private void ResetStream(Http2Stream stream, Http2ErrorCode code, string message)
    {
        AppendReset(stream.Id, code);
        stream.OnFault(new Http2StreamException(code, message));
        if (_streams.ContainsKey(stream.Id))
        {
            Forget(stream);
        }
    }

    private ReadOnlySpan<byte> StripPadding(in Http2FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (!header.Has(Http2FrameFlags.Padded))
        {
            return payload;
        }

        CheckLength(payload.Length > 0);
        return payload[0] < payload.Length ? payload[1..^payload[0]] : throw Violation("more padding than there is room for");
    }

    /// <summary>A frame for a stream has to be for one that we have opened at some time.</summary>
    private void CheckKnown(in Http2FrameHeader header)
    {
        if ((header.StreamId & 1) == 0 || header.StreamId >= Volatile.Read(ref _nextId))
        {
            throw Violation("a frame for a stream that was never opened");
        }
    }

    private static void CheckConnection(in Http2FrameHeader header)
    {
        if (header.StreamId != 0)
        {
            throw Violation("a frame of the connection for a stream");
        }
    }

    private static void CheckLength(bool isRight)
    {
        if (!isRight)
        {
            throw FrameSize();
        }
    }

    private static Http2ProtocolException FrameSize() => new(Http2ErrorCode.FrameSizeError, "the HTTP/2 proxy sent a frame of a wrong size");

    private static Http2ProtocolException Violation(string what) => new(Http2ErrorCode.ProtocolError, $"the HTTP/2 proxy sent {what}");
}
