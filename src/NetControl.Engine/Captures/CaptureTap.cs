using NetControl.Stack.Storage;

namespace NetControl.Engine.Captures;

/// <summary>One capture's end at one queue: copies the packets that its filter chooses into its ring, or counts them as lost.</summary>
/// <remarks>
/// Owner: the queue's loop, which never waits here; the reader has the ring's other end and reads the counters. A packet from the
/// application is recorded before it is delivered, and judged after: what it provokes comes behind it in the ring, as it did on the wire.
/// </remarks>
internal sealed class CaptureTap
{
    private readonly PacketMatcher _matcher;
    private readonly int _snapLength;
    private long _seen;
    private long _matched;
    private long _lost;
    private uint _lostSinceLast;
    private long _pending = -1;
    private bool _pendingMatched;
    private bool _delivering;

    /// <summary>Makes a tap.</summary>
    public CaptureTap(PacketMatcher matcher, int snapLength, int ringBytes)
    {
        _matcher = matcher;
        _snapLength = snapLength;
        Ring = new CaptureRing(ringBytes);
    }

    /// <summary>Where the packets are.</summary>
    public CaptureRing Ring { get; }

    /// <summary>Packets that passed; read from anywhere.</summary>
    public long Seen => Volatile.Read(ref _seen);

    /// <summary>Packets that the filter chose; read from anywhere.</summary>
    public long Matched => Volatile.Read(ref _matched);

    /// <summary>Packets that found the ring full; read from anywhere.</summary>
    public long Lost => Volatile.Read(ref _lost);

    /// <summary>A packet from the application is about to be delivered.</summary>
    public void BeginDelivery(ReadOnlySpan<byte> packet, long now, bool readable, in PacketFields fields)
    {
        _seen++;
        _delivering = true;
        _pendingMatched = _matcher.MatchesPacket(toApplication: false, readable, fields);
        _pending = -1;
        if (!_pendingMatched)
        {
            return;
        }

        int length = Math.Min(packet.Length, _snapLength);
        if (Ring.TryReserve(length, out long position))
        {
            packet[..length].CopyTo(Ring.DataAt(position));
            Describe(position, packet.Length, now, toApplication: false);
            _pending = position;
        }
    }

    /// <summary>It was delivered, or dropped.</summary>
    public void EndDelivery(ulong session, DropReason reason)
    {
        _delivering = false;
        bool wanted = _pendingMatched && _matcher.MatchesOutcome(session, reason);
        if (wanted)
        {
            _matched++;
        }

        if (_pending >= 0)
        {
            ref CaptureRecord record = ref Ring.RecordAt(_pending);
            record.Session = session;
            record.Reason = reason;
            record.Void = !wanted;
            TakeLost(ref record);
            _pending = -1;
        }
        else if (wanted)
        {
            Lose();
        }

        Ring.Publish();
    }

    /// <summary>A packet went to the application, or found no room there.</summary>
    public void OnSent(
        ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload, long now, bool readable, in PacketFields fields, ulong session, DropReason reason)
    {
        int total = headers.Length + payload.Length;
        if (!TryReserveSent(total, readable, fields, session, reason, out long position))
        {
            return;
        }

        Span<byte> data = Ring.DataAt(position);
        int first = Math.Min(headers.Length, data.Length);
        headers[..first].CopyTo(data);
        payload[..(data.Length - first)].CopyTo(data[first..]);
        FinishSent(position, total, now, session, reason);
    }

    /// <summary>The same for a payload that lies in a connection's send buffer.</summary>
    public void OnSent(
        ReadOnlySpan<byte> headers,
        ChunkBuffer payload,
        long offset,
        int length,
        long now,
        bool readable,
        in PacketFields fields,
        ulong session,
        DropReason reason)
    {
        int total = headers.Length + length;
        if (!TryReserveSent(total, readable, fields, session, reason, out long position))
        {
            return;
        }

        Span<byte> data = Ring.DataAt(position);
        int done = Math.Min(headers.Length, data.Length);
        headers[..done].CopyTo(data);
        while (done < data.Length)
        {
            ReadOnlySpan<byte> piece = payload.Peek(offset + done - headers.Length, data.Length - done);
            piece.CopyTo(data[done..]);
            done += piece.Length;
        }

        FinishSent(position, total, now, session, reason);
    }

    private bool TryReserveSent(int total, bool readable, in PacketFields fields, ulong session, DropReason reason, out long position)
    {
        _seen++;
        position = -1;
        if (!_matcher.MatchesPacket(toApplication: true, readable, fields) || !_matcher.MatchesOutcome(session, reason))
        {
            return false;
        }

        _matched++;
        if (Ring.TryReserve(Math.Min(total, _snapLength), out position))
        {
            return true;
        }

        Lose();
        return false;
    }

    private void FinishSent(long position, int total, long now, ulong session, DropReason reason)
    {
        Describe(position, total, now, toApplication: true);
        ref CaptureRecord record = ref Ring.RecordAt(position);
        record.Session = session;
        record.Reason = reason;
        TakeLost(ref record);
        if (!_delivering)
        {
            Ring.Publish();
        }
    }

    private void Describe(long position, int total, long now, bool toApplication)
    {
        ref CaptureRecord record = ref Ring.RecordAt(position);
        record.Timestamp = now;
        record.Original = total;
        record.ToApplication = toApplication;
    }

    private void TakeLost(ref CaptureRecord record)
    {
        if (!record.Void)
        {
            record.LostBefore = _lostSinceLast;
            _lostSinceLast = 0;
        }
    }

    private void Lose()
    {
        _lost++;
        _lostSinceLast++;
    }
}
