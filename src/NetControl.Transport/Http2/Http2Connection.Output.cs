using System.Buffers;
using System.Buffers.Binary;
using NetControl.Network;
using NetControl.Transport.Http;

namespace NetControl.Transport.Http2;

/// <content>What goes: a backlog of whole frames, which one loop hands to the stream beneath, and those who wait for room in it.</content>
internal sealed partial class Http2Connection
{
    private readonly WakeUp _wake = new();
    private readonly Queue<Http2Stream> _writers = new();
    private byte[] _backlog = [];
    private int _backlogLength;
    private long _sendWindow = 65_535;
    private bool _writerIdle;

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>Copies what of a stream's write may go now. Under the gate.</summary>
    /// <returns>How many bytes.</returns>
    internal int Send(Http2Stream stream, ReadOnlySpan<byte> bytes)
    {
        int sent = 0;
        while (sent < bytes.Length)
        {
            int room = Http2Limits.DataBacklog - _backlogLength - Http2FrameHeader.Size;
            int count = (int)Math.Min(
                Math.Min(bytes.Length - sent, Http2FrameHeader.MaxPayload), Math.Min(room, Math.Min(_sendWindow, stream.SendWindow)));
            if (count <= 0)
            {
                break;
            }

            Append(new Http2FrameHeader(count, Http2FrameType.Data, Http2FrameFlags.None, stream.Id), bytes.Slice(sent, count));
            sent += count;
            _sendWindow -= count;
            stream.SendWindow -= count;
        }

        return sent;
    }

    /// <summary>Whether a write may go past those who wait already. Under the gate.</summary>
    internal bool MayPass => _writers.Count == 0;

    /// <summary>A stream waits for room; once only. Under the gate.</summary>
    internal void QueueWriter(Http2Stream stream)
    {
        if (!stream.IsQueued)
        {
            stream.IsQueued = true;
            _writers.Enqueue(stream);
        }
    }

    /// <summary>Says that nothing more will come on a stream. Under the gate.</summary>
    internal void AppendEnd(int streamId) =>
        AppendControl(new Http2FrameHeader(0, Http2FrameType.Data, Http2FrameFlags.EndStream, streamId), []);

    /// <summary>Breaks a stream. Under the gate.</summary>
    internal void AppendReset(int streamId, Http2ErrorCode code)
    {
        Span<byte> payload = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(payload, (int)code);
        AppendControl(new Http2FrameHeader(4, Http2FrameType.RstStream, Http2FrameFlags.None, streamId), payload);
    }

    /// <summary>Lets the other side send more. Under the gate.</summary>
    internal void AppendWindowUpdate(int streamId, int increment)
    {
        Span<byte> payload = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(payload, increment);
        AppendControl(new Http2FrameHeader(4, Http2FrameType.WindowUpdate, Http2FrameFlags.None, streamId), payload);
    }

    /// <summary>Has the writer look, if it sleeps and there is something. Outside the gate.</summary>
    internal void WakeWriter()
    {
        bool wake;
        lock (_gate)
        {
            wake = _writerIdle && (_backlogLength > 0 || _over);
            _writerIdle &= !wake;
        }

        if (wake)
        {
            _wake.Set();
        }
    }

    private void WritePreface()
    {
        Reserve();
        Preface.CopyTo(_backlog.AsSpan(_backlogLength));
        _backlogLength += Preface.Length;
        Span<byte> settings = stackalloc byte[18];
        Put(settings, Http2Setting.EnablePush, 0);
        Put(settings[6..], Http2Setting.InitialWindowSize, Http2Limits.StreamWindow);
        Put(settings[12..], Http2Setting.MaxHeaderListSize, Http2Limits.HeaderBlock);
        Append(new Http2FrameHeader(settings.Length, Http2FrameType.Settings, Http2FrameFlags.None, 0), settings);
        AppendWindowUpdate(0, Http2Limits.ConnectionWindow - 65_535);
        _settingsSent = _time.GetTimestamp();

        static void Put(Span<byte> to, int setting, int value)
        {
            BinaryPrimitives.WriteUInt16BigEndian(to, (ushort)setting);
            BinaryPrimitives.WriteInt32BigEndian(to[2..], value);
        }
    }

    private bool TryAppendRequest(Http2Stream stream, int id)
    {
        if (_backlogLength + Http2FrameHeader.Size + _request.MaxLength > Http2Limits.DataBacklog)
        {
            return false;
        }

        Reserve();
        Span<byte> frame = _backlog.AsSpan(_backlogLength);
        int length = _request.Write(frame[Http2FrameHeader.Size..], stream.Destination, isFirst: id == 1);
        new Http2FrameHeader(length, Http2FrameType.Headers, Http2FrameFlags.EndHeaders, id).Write(frame);
        _backlogLength += Http2FrameHeader.Size + length;
        return true;
    }

    private void AppendControl(in Http2FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (_over)
        {
            return;
        }

        if (_backlogLength + Http2FrameHeader.Size + payload.Length > Http2Limits.Backlog)
        {
            // The peer makes us answer and does not read the answers. The next tick ends the connection: here somebody holds the gate.
            _overrun = true;
            return;
        }

        Append(header, payload);
    }

    private void Append(in Http2FrameHeader header, ReadOnlySpan<byte> payload)
    {
        Reserve();
        header.Write(_backlog.AsSpan(_backlogLength));
        payload.CopyTo(_backlog.AsSpan(_backlogLength + Http2FrameHeader.Size));
        _backlogLength += Http2FrameHeader.Size + payload.Length;
    }

    private void Reserve()
    {
        if (_backlog.Length == 0)
        {
            _backlog = ArrayPool<byte>.Shared.Rent(Http2Limits.Backlog);
        }
    }

    /// <summary>The loop that writes: takes the backlog as a whole, lets those who wait fill the next one meanwhile, sleeps when there is none.</summary>
    private async Task WriteAsync()
    {
        byte[] going = [];
        IStreamConnection inner = _inner!;
        try
        {
            while (true)
            {
                CompleteWrites();
                int length;
                lock (_gate)
                {
                    if (_over)
                    {
                        return;
                    }

                    length = _backlogLength;
                    (going, _backlog) = (_backlog, []);
                    _backlogLength = 0;
                    AskForWaiting();
                    _writerIdle = length == 0;
                    if (_writerIdle)
                    {
                        _wake.Reset();
                    }
                }

                if (length == 0)
                {
                    await _wake.WaitAsync();
                    continue;
                }

                CompleteWrites();
                await inner.WriteAsync(going.AsMemory(0, length));
                ArrayPool<byte>.Shared.Return(going);
                going = [];
            }
        }
        catch (Exception e)
        {
            End(e, tell: null);
        }
        finally
        {
            // What is still being written is the stream's until that ends, which a fault has done.
            if (going.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(going);
            }
        }
    }

    /// <summary>Copies what those who wait may send now, a frame for each in turn, and tells the ones that are done. Outside the gate.</summary>
    private void CompleteWrites()
    {
        while (true)
        {
            Http2Stream? done = null;
            lock (_gate)
            {
                while (done is null && _writers.Count > 0 && _sendWindow > 0
                    && _backlogLength < Http2Limits.DataBacklog - Http2FrameHeader.Size)
                {
                    Http2Stream stream = _writers.Dequeue();
                    stream.IsQueued = false;
                    if (!stream.IsWritePending)
                    {
                        continue;
                    }

                    if (stream.SendMore())
                    {
                        done = stream;
                    }
                    else if (stream.SendWindow > 0)
                    {
                        QueueWriter(stream);
                    }
                }
            }

            if (done is null)
            {
                return;
            }

            done.Notify();
        }
    }

    /// <summary>Ends the stream beneath; the peer is told why if it takes the words at once.</summary>
    private void CloseInner(Http2ErrorCode? tell)
    {
        IStreamConnection? inner;
        bool mayTell;
        byte[] backlog;
        lock (_gate)
        {
            inner = _inner;
            _inner = null;
            mayTell = _writerIdle;
            (backlog, _backlog) = (_backlog, []);
            _backlogLength = 0;
        }

        if (backlog.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(backlog);
        }

        WakeWriter();
        if (inner is null)
        {
            return;
        }

        if (tell is { } code && mayTell && TryTell(inner, code))
        {
            inner.Dispose();
            return;
        }

        inner.Abort();
        inner.Dispose();
    }

    private static bool TryTell(IStreamConnection inner, Http2ErrorCode code)
    {
        byte[] farewell = new byte[Http2FrameHeader.Size + 8];
        new Http2FrameHeader(8, Http2FrameType.GoAway, Http2FrameFlags.None, 0).Write(farewell);
        BinaryPrimitives.WriteInt32BigEndian(farewell.AsSpan(Http2FrameHeader.Size + 4), (int)code);
        try
        {
            ValueTask told = inner.WriteAsync(farewell);
            if (told.IsCompletedSuccessfully)
            {
                return true;
            }

            // It does not take it now, or is broken: whoever closes it ends the call.
            _ = Observe(told);
        }
        catch (IOException)
        {
            // Broken already.
        }

        return false;

        static async Task Observe(ValueTask told)
        {
            try
            {
                await told;
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
            {
                // As was to be expected.
            }
        }
    }
}
