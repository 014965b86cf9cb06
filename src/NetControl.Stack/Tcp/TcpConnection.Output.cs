using System.Diagnostics;
using NetControl.Stack.Storage;

namespace NetControl.Stack.Tcp;

/// <content>
/// Sending: what may go now, in which pieces, with which window and options. One file although it is long: every kind of segment leaves
/// through the same few lines, which keep the acknowledgement, the window's edge and the timers true, and a reader has to see them together.
/// </content>
public sealed partial class TcpConnection
{
    private const int QuickAcksAfterLoss = 16;
    private const int OneWayBytes = 16 << 10;
    private const long OneWayDelayMicros = 2000;
    private bool _superSegments;
    private int _localMss;
    private bool _synDue;
    private bool _ackNow;
    private bool _resetDue;
    private bool _resetIsRefusal;
    private bool _probeDue;
    private bool _forceRetransmit;
    private bool _rejectDue;
    private bool _keepAliveDue;
    private SequenceNumber _rejected;
    private int _unacked;
    private int _segmentsUnacked;
    private int _quickAcks;
    private long _receivedSinceSent;
    private Instant _lastSend;
    private WindowUse _use;

    private void ResetOutput()
    {
        _synDue = _ackNow = _resetDue = _resetIsRefusal = _probeDue = _forceRetransmit = _rejectDue = _keepAliveDue = false;
        _unacked = _segmentsUnacked = _quickAcks = 0;
        _superSegments = false;
        _use = default;
        _lastSend = default;
        _receivedSinceSent = 0;
    }

    /// <summary>Sends everything that is due: handshake, retransmissions, new data, FIN, probe, acknowledgement, reset.</summary>
    public void Dispatch<T>(Instant now, ref T sender)
        where T : ITcpSender, allows ref struct
    {
        switch (State)
        {
            case TcpState.Closed:
                SendReset(now, ref sender);
                return;
            case TcpState.SynSent:
            case TcpState.SynReceived:
                SendSyn(now, ref sender);
                SendRejection(ref sender);

                // Challenges are answered once we have spoken; while the SYN is held there is nothing to acknowledge with.
                _ackNow &= State == TcpState.SynReceived && _sndMax != _iss;
                break;
            case TcpState.TimeWait:
            case TcpState.FinWait2:
                break;
            default:
                SendData(now, ref sender);
                break;
        }

        if (_keepAliveDue)
        {
            // A number below the window, which the peer must answer with an acknowledgement.
            _keepAliveDue = false;
            Emit(_sndNxt + -1, 0, 0, TcpFlags.Ack, now, ref sender);
        }

        if (_ackNow)
        {
            Emit(_sndNxt, 0, 0, TcpFlags.Ack, now, ref sender);
        }
        else if (_unacked > 0 && _ackAt == Instant.Never)
        {
            _ackAt = now + (IsOneWay ? Math.Min(_parameters.DelayedAckMicros, OneWayDelayMicros) : _parameters.DelayedAckMicros);
        }

        CheckInvariants();
    }

    [Conditional("DEBUG")]
    private void CheckInvariants()
    {
        Debug.Assert(_sndUna <= _sndNxt && _sndNxt <= _sndMax, "SND.UNA <= SND.NXT <= SndMax");
        Debug.Assert(_sndMax - _sndUna <= _send.Length + 1, "nothing is in flight that is not in the buffer, but for SYN or FIN");
        Debug.Assert(_send.Head <= _send.Tail && _receive.Head <= _receive.Tail, "Head <= Tail");
        Debug.Assert(_assembler.Count == 0 || _assembler.Ranges[0].Start > _receive.Tail, "a hole lies before the first range");
        Debug.Assert(_sacked.Count == 0 || _sacked.Highest <= _send.Tail + 1, "nothing is acknowledged that was not queued");
    }

    private void SendData<T>(Instant now, ref T sender)
        where T : ITcpSender, allows ref struct
    {
        bool probing = _tailDue;
        SequenceNumber before = _sndMax;
        while (TrySendPiece(now, ref sender))
        {
        }

        // The FIN that found no segment to ride on; after a timeout it goes again when its turn comes.
        if (_finQueued && _sndNxt - _sndUna == _send.Length && (!_finSent || _sndNxt < _sndMax) && (_sndWnd > _send.Length || _probeDue))
        {
            SendFin(now, ref sender);
        }

        if (_probeDue)
        {
            SendProbe(now, ref sender);
        }

        if (probing)
        {
            SendTailProbe(now, ref sender);
        }

        _use.OnSent(_sndUna, _sndNxt, _congestion.Window - Pipe() < _mss);
        ArmRetransmission(now);
        if (_sndMax != before)
        {
            ArmTailProbe(now);
        }
    }

    private bool TrySendPiece<T>(Instant now, ref T sender)
        where T : ITcpSender, allows ref struct
    {
        if (_sackOk ? _log.LostBytes > 0 && TryRetransmitLost(now, ref sender) : _inRecovery && TryRetransmit(now, ref sender))
        {
            return true;
        }

        long offset = _send.Head + (_sndNxt - _sndUna);
        long end = _send.Tail;
        if (_sndNxt < _sndMax && _sacked.Count > 0)
        {
            // After a timeout: what the peer holds already is not sent again (RFC 6675 section 5.1).
            long sent = Math.Min(_send.Tail, _send.Head + (_sndMax - _sndUna));
            if (_sacked.TryNextHole(offset, sent, out long start, out long stop))
            {
                end = stop;
            }
            else
            {
                start = sent;
            }

            _sndNxt += (int)(start - offset);
            offset = start;
        }

        long queued = end - offset;
        if (queued <= 0)
        {
            return false;
        }

        int segmentSize = SegmentSize();
        long window = _sndWnd - (_sndNxt - _sndUna);
        long room = Math.Max(_congestion.Window - Pipe(), _tailDue ? segmentSize : 0);
        long length = Math.Min(Math.Min(queued, window), room);
        if (length <= 0)
        {
            return false;
        }

        // Silly windows (RFC 9293 3.8.6.2.1): a piece below a full segment goes only if it is all there is, or half of the largest
        // window the peer ever offered, or has waited for the override timeout. There is no Nagle delay: whoever wrote to the upstream
        // decided on the pieces already.
        if (length < segmentSize && length < queued && length < _maxSndWnd / 2 && !_probeDue && !_tailDue)
        {
            return false;
        }

        if (length > segmentSize)
        {
            long limit = Math.Max(segmentSize, _parameters.MaxSuperSegment / segmentSize * segmentSize);
            length = length > limit ? limit : length < queued ? length / segmentSize * segmentSize : length;
        }

        bool last = offset + length == _send.Tail;
        bool fin = last && _finQueued && length < window;
        bool again = _sndNxt < _sndMax;
        if (again)
        {
            Retransmits++;
            _timing = false;
        }
        else if (!_timing)
        {
            _timing = true;
            _timedSeq = _sndNxt + (int)length;
            _timedAt = now;
        }

        _probeDue = _tailDue = false;
        StartGiveUpClock(now);
        LogSent(offset, offset + length + (fin ? 1 : 0), again, now);
        Emit(_sndNxt, offset, (int)length, TcpFlags.Ack | (last ? TcpFlags.Psh : TcpFlags.None) | (fin ? TcpFlags.Fin : TcpFlags.None), now, ref sender);
        Advance((int)length + (fin ? 1 : 0));
        if (fin)
        {
            OnFinSent();
        }

        return true;
    }

    /// <summary>Without SACK: the next segment that is known to be missing, as far as the window allows (RFC 6582).</summary>
    private bool TryRetransmit<T>(Instant now, ref T sender)
        where T : ITcpSender, allows ref struct
    {
        long from = Math.Max(_highRetransmit, _send.Head);
        long sent = Math.Min(_send.Tail, _send.Head + (_sndMax - _sndUna));
        int segmentSize = SegmentSize();
        long end = Math.Min(_lostBelow, sent);
        if (from >= end)
        {
            // A lost FIN has no bytes in the buffer: it is what remains when everything below it has been sent again.
            if (_forceRetransmit && _finSent && _send.Length == 0)
            {
                _forceRetransmit = false;
                Retransmits++;
                Emit(_sndMax + -1, 0, 0, TcpFlags.Ack | TcpFlags.Fin, now, ref sender);
            }

            return false;
        }

        long room = _congestion.Window - Pipe();
        if (room < segmentSize && !_forceRetransmit)
        {
            return false;
        }

        // The first retransmission of a recovery goes whatever the pipe says (RFC 5681 3.2 step 3).
        _forceRetransmit = false;
        long limit = Math.Max(segmentSize, Math.Min(Math.Max(room, segmentSize), _parameters.MaxSuperSegment) / segmentSize * segmentSize);
        int length = (int)Math.Min(end - from, limit);
        _highRetransmit = from + length;
        Retransmits++;
        _timing = false;
        Emit(_sndUna + (int)(from - _send.Head), from, length, TcpFlags.Ack, now, ref sender);
        return true;
    }

    private void SendFin<T>(Instant now, ref T sender)
        where T : ITcpSender, allows ref struct
    {
        if (_sndNxt < _sndMax)
        {
            Retransmits++;
        }

        StartGiveUpClock(now);
        LogSent(_send.Tail, _send.Tail + 1, _sndNxt < _sndMax, now);
        Emit(_sndNxt, 0, 0, TcpFlags.Ack | TcpFlags.Fin, now, ref sender);
        Advance(1);
        _probeDue = false;
        OnFinSent();
    }

    private void OnFinSent()
    {
        _finSent = true;
        State = State switch
        {
            TcpState.Established => TcpState.FinWait1,
            TcpState.CloseWait => TcpState.LastAck,
            _ => State,
        };
    }

    /// <summary>RFC 9293 3.8.6.1: one byte beyond the closed window, so that the answer tells whether it has opened.</summary>
    private void SendProbe<T>(Instant now, ref T sender)
        where T : ITcpSender, allows ref struct
    {
        _probeDue = false;
        long offset = _send.Head + (_sndNxt - _sndUna);
        if (offset >= _send.Tail || _sndNxt != _sndUna)
        {
            return;
        }

        Emit(_sndNxt, offset, 1, TcpFlags.Ack, now, ref sender);

        // SND.NXT stays: until the window opens the same byte is the next one. SndMax moves, so that its acknowledgement is acceptable.
        _sndMax = SequenceNumber.Max(_sndMax, _sndNxt + 1);
    }

    private void SendSyn<T>(Instant now, ref T sender)
        where T : ITcpSender, allows ref struct
    {
        if (!_synDue)
        {
            return;
        }

        _synDue = _ackNow = false;
        bool active = State == TcpState.SynSent;
        TcpOutput segment = new()
        {
            Seq = _iss,
            Ack = active ? default : _rcvNxt,
            Flags = active ? TcpFlags.Syn : TcpFlags.Syn | TcpFlags.Ack,
        };
        segment.Options.Mss = (ushort)Math.Min(_localMss, ushort.MaxValue);
        segment.Options.SackPermitted = _sackOk;
        segment.Options.WindowScale = _scalingOk ? _rcvShift : -1;
        AddTimestamps(ref segment, now);

        // RFC 7323 2.2: the window field of a SYN is not scaled.
        segment.Window = SynWindow;
        if (!active)
        {
            _rcvEdge = SequenceNumber.Max(_rcvEdge, _rcvNxt + segment.Window);
            _lastAckSent = _rcvNxt;
        }

        if (_sndMax == _iss)
        {
            _sndNxt = _sndMax = _iss + 1;
            _timing = true;
            _timedSeq = _sndMax;
            _timedAt = now;
        }
        else
        {
            _timing = false;
        }

        _synRetryAt = now + _rtt.Timeout(_parameters.MinRtoMicros, _parameters.MaxRtoMicros);
        sender.Send(this, ref segment);
    }

    /// <summary>The window of a SYN, which is never scaled.</summary>
    private ushort SynWindow => (ushort)Math.Min(_rcvCapacity, ushort.MaxValue);

    private void SendRejection<T>(ref T sender)
        where T : ITcpSender, allows ref struct
    {
        if (_rejectDue)
        {
            _rejectDue = false;
            TcpOutput segment = new() { Seq = _rejected, Flags = TcpFlags.Rst };
            sender.Send(this, ref segment);
        }
    }

    private void SendReset<T>(Instant now, ref T sender)
        where T : ITcpSender, allows ref struct
    {
        if (!_resetDue)
        {
            return;
        }

        _resetDue = false;
        TcpOutput segment = new()
        {
            Seq = _resetIsRefusal ? default : _sndMax,
            Ack = _resetIsRefusal ? _rcvNxt + _synText : _rcvNxt,
            Flags = TcpFlags.Rst | TcpFlags.Ack,
        };
        if (!_resetIsRefusal)
        {
            AddTimestamps(ref segment, now); // RFC 7323 3.2: in a reset too
        }

        sender.Send(this, ref segment);
        ReleaseBuffers();
    }

    private void Emit<T>(SequenceNumber seq, long offset, int length, TcpFlags flags, Instant now, ref T sender)
        where T : ITcpSender, allows ref struct
    {
        Debug.Assert(length == 0 || (offset >= _send.Head && offset + length <= _send.Tail), "payload outside the send buffer");
        TcpOutput segment = new()
        {
            Seq = seq,
            Ack = _rcvNxt,
            Flags = flags,
            Window = OfferWindow(),
            PayloadOffset = offset,
            PayloadLength = length,
        };
        AddTimestamps(ref segment, now);
        AddSack(ref segment);
        segment.SegmentSize = SegmentSize();
        _duplicate = default;
        _lastAckSent = _rcvNxt;
        _ackNow = false;
        _unacked = _segmentsUnacked = 0;
        _ackAt = Instant.Never;
        if (length > 0)
        {
            _lastSend = now;
            _receivedSinceSent = 0;
        }

        sender.Send(this, ref segment);
    }

    // Sends within a small part of a round trip share a record: less than the reordering window, and a dozen or two records in all.
    private void LogSent(long start, long end, bool again, Instant now)
    {
        if (_sackOk)
        {
            _log.Append(start, end, now, again, Math.Max(_rtt.SmoothedMicros >> 4, 100));
        }
    }

    private void Advance(int count)
    {
        _sndNxt += count;
        _sndMax = SequenceNumber.Max(_sndMax, _sndNxt);
    }

    /// <summary>The give-up clock starts with the first byte, or the FIN, in flight.</summary>
    private void StartGiveUpClock(Instant now)
    {
        if (_sndUna == _sndMax)
        {
            _lastProgress = now;
        }
    }

    private void AddTimestamps(ref TcpOutput segment, Instant now)
    {
        if (_timestampsOk)
        {
            segment.Options.HasTimestamps = true;
            segment.Options.TsVal = (uint)now.Millis + _tsOffset;
            segment.Options.TsEcr = State == TcpState.SynSent ? 0 : _tsRecent;
        }
    }

    /// <summary>How many SACK blocks the next segment carries: a duplicate's, then ranges, as room allows (RFC 2018: 3 beside timestamps, else 4).</summary>
    private int SackBlocks() =>
        _sackOk ? Math.Min(_timestampsOk ? 3 : 4, _assembler.Count + (_duplicate.End > _duplicate.Start ? 1 : 0)) : 0;

    /// <summary>The payload of a full segment beside the options that the next one carries (RFC 6691); a tiny MSS still leaves a few bytes.</summary>
    private int SegmentSize()
    {
        int blocks = SackBlocks();
        return blocks == 0 ? _mss : Math.Max(_mss - 4 - (8 * blocks), MinSegment);
    }

    private void AddSack(ref TcpOutput segment)
    {
        int blocks = SackBlocks();
        if (blocks == 0)
        {
            return;
        }

        int n = 0;
        if (_duplicate.End > _duplicate.Start)
        {
            segment.Options.TryAddSack(SequenceOf(_duplicate.Start), SequenceOf(_duplicate.End));
            n++;
        }

        // RFC 2018 section 4: first the range that the latest segment touched, then the others, newest information first.
        int latest = Math.Max(0, _assembler.Latest);
        for (int i = 0; n < blocks && i < _assembler.Count; i++)
        {
            (long start, long end) = _assembler.Ranges[(latest + i) % _assembler.Count];
            segment.Options.TryAddSack(SequenceOf(start), SequenceOf(end));
            n++;
        }
    }

    private SequenceNumber SequenceOf(long offset) => _rcvNxt + (int)(offset - _receive.Tail) + (_peerClosed ? -1 : 0);

    /// <summary>The window field of the next segment. The right edge never moves left (3.8.6), and right only by a worthwhile step (3.8.6.2.2).</summary>
    private ushort OfferWindow()
    {
        long free = FreeSpace;
        int current = Math.Max(0, _rcvEdge - _rcvNxt);
        long offer = free - current >= Math.Min(_rcvCapacity / 2, _localMss) ? free : current;
        long field = Math.Min(offer >> _rcvShift, 65_535);
        if (field << _rcvShift < current && _receive.Length + current <= _rcvCapacity)
        {
            // Scaling rounds down; rounding up by less than one unit keeps the promise, and the buffer bears it, but only once: a peer that
            // sends single bytes would push the edge on for ever. What the field then hides is still accepted (RFC 7323 2.4).
            field = Math.Min(65_535, (current + (1L << _rcvShift) - 1) >> _rcvShift);
        }

        _rcvEdge = SequenceNumber.Max(_rcvEdge, _rcvNxt + (int)(field << _rcvShift));
        return (ushort)field;
    }

    /// <summary>What may still be offered. Over the budget that is a chunk: with none, two full ends would wait for each other for ever.</summary>
    private long FreeSpace =>
        (_pool.IsOverBudget ? Math.Min(_rcvCapacity, ChunkPool.ChunkSize) : _rcvCapacity) - _receive.Length;

    private void OnTaken(int count)
    {
        _takenSinceGrowth += count;
        GrowWindow();

        // A peer that has sent its FIN sends no more: a window is no use to it, and once it is gone the update would only earn a reset.
        if (_peerClosed)
        {
            return;
        }

        // A window update is worth a segment once the window has become small and half of it, or two segments, can be offered again.
        int current = Math.Max(0, _rcvEdge - _rcvNxt);
        long free = FreeSpace;
        if (current < _rcvCapacity / 2 && free - current >= Math.Min(_rcvCapacity / 2, 2 * _localMss))
        {
            _ackNow = true;
        }
    }

    /// <summary>The window doubles each time a whole window of bytes went on upstream: it grows with the traffic that really flows.</summary>
    private void GrowWindow()
    {
        if (_takenSinceGrowth >= _rcvCapacity && _rcvCapacity < _parameters.MaxBuffer && !_pool.IsTight)
        {
            _rcvCapacity = Math.Min(_rcvCapacity * 2, _parameters.MaxBuffer);
            _takenSinceGrowth = 0;
        }
    }

    /// <summary>The peer sends and we do not: no data of ours will carry the acknowledgement, and a small window may be waiting for it.</summary>
    private bool IsOneWay => _receivedSinceSent >= OneWayBytes;

    /// <summary>RFC 9293 3.8.6.3: at least every second full segment at once, the rest within the delay.</summary>
    private void ScheduleAck()
    {
        if (_segmentsUnacked >= 2 || _unacked >= 2 * (_localMss - 12))
        {
            _ackNow = true;
        }
        else if (_quickAcks > 0)
        {
            // After a loss the peer's window is small: each acknowledgement held back holds back the recovery.
            _quickAcks--;
            _ackNow = true;
        }
    }
}
