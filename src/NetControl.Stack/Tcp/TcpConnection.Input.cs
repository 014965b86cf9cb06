using NetControl.Stack.Storage;

namespace NetControl.Stack.Tcp;

/// <content>
/// SEGMENT ARRIVES, RFC 9293 section 3.10.7, in its own order: one file, because its eight steps are one text in the RFC, each relies on what
/// those before it have let through, and whoever checks one against the other reads both from top to bottom.
/// </content>
public sealed partial class TcpConnection
{
    /// <summary>Takes a segment for this connection.</summary>
    /// <param name="segment">The segment; its checksum has been verified.</param>
    /// <param name="now">The time.</param>
    /// <param name="receiver">Gets in-order payload first; what it leaves is copied.</param>
    /// <returns>What the owner must know. <see cref="TcpEvents.Output"/>: something is to be sent before the turn ends.</returns>
    public TcpEvents OnSegment<T>(scoped in TcpSegment segment, Instant now, ref T receiver)
        where T : ITcpReceiver, allows ref struct
    {
        _lastHeard = now;
        if (State == TcpState.SynSent)
        {
            return OnSegmentInSynSent(segment, now, ref receiver);
        }

        if (State == TcpState.Closed)
        {
            return TcpEvents.None;
        }

        // RFC 7323 3.2: without the timestamps that were agreed upon a segment is nobody's. Not so a SYN, which RFC 5961 4.2 wants challenged.
        if (_timestampsOk && !segment.Options.HasTimestamps && !segment.Has(TcpFlags.Rst) && !segment.Has(TcpFlags.Syn))
        {
            return TcpEvents.None;
        }

        // A SYN that we hold unanswered may come again: the client retransmits, we keep dialling.
        if (State == TcpState.SynReceived && segment.Has(TcpFlags.Syn) && !segment.Has(TcpFlags.Rst) && segment.Seq == _irs)
        {
            UpdateTimestamp(segment, now);
            if (segment.Has(TcpFlags.Ack))
            {
                // The answer to a simultaneous open: its ACK is processed as in any other segment below, past the SYN.
                return OnAcceptable(WithoutSyn(segment), now, ref receiver);
            }

            if (_sndMax != _iss)
            {
                _synDue = true;
                return TcpEvents.Output;
            }

            return TcpEvents.None;
        }

        // To the client a held SYN is in LISTEN still, where another SYN begins another connection.
        if (State == TcpState.SynReceived && _sndMax == _iss && (segment.Flags & (TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Rst)) == TcpFlags.Syn)
        {
            return ReturnToListen();
        }

        // First: check the sequence number, and before it PAWS (RFC 7323 5.3).
        if (!IsAcceptable(segment, now))
        {
            return OnUnacceptable(segment, now);
        }

        return OnAcceptable(segment, now, ref receiver);
    }

    private TcpEvents OnUnacceptable(scoped in TcpSegment segment, Instant now)
    {
        if (segment.Has(TcpFlags.Rst))
        {
            return TcpEvents.None;
        }

        long start = Offset(segment.Seq);
        long end = start + segment.Payload.Length;
        if (end > start && end <= _receive.Tail)
        {
            NoteDuplicate(start, end);
            if (end >= Offset(_lastAckSent))
            {
                // It comes again because our acknowledgement was lost. The echo must be of this transmission, or the peer takes its own timeout
                // for a round trip; what ends elsewhere is not believed, for a stamp from nowhere would make PAWS refuse the peer (RFC 7323 5.3).
                UpdateTimestamp(segment, now);
            }
        }

        return AcknowledgeNow();
    }

    private TcpEvents OnAcceptable<T>(scoped in TcpSegment segment, Instant now, ref T receiver)
        where T : ITcpReceiver, allows ref struct
    {
        // Second: RST. RFC 5961 section 3: only the exact number resets, one elsewhere in the window is challenged.
        if (segment.Has(TcpFlags.Rst))
        {
            if (State == TcpState.TimeWait)
            {
                return TcpEvents.None; // RFC 1337; and the owner may still have bytes to take
            }

            if (segment.Seq == _rcvNxt)
            {
                Close(TcpState.Closed);
                return TcpEvents.Reset;
            }

            return Challenge(now);
        }

        // Fourth: SYN in the window. RFC 5961 section 4: challenged, whatever its number, once we are synchronized.
        if (segment.Has(TcpFlags.Syn))
        {
            return State == TcpState.SynReceived && _passive ? ReturnToListen() : Challenge(now);
        }

        // Fifth: ACK. Without it the segment is dropped.
        if (!segment.Has(TcpFlags.Ack))
        {
            return TcpEvents.None;
        }

        TcpEvents events = TcpEvents.None;
        if (State == TcpState.SynReceived)
        {
            if (_sndMax == _iss || segment.Ack <= _iss || segment.Ack > _sndMax)
            {
                // A SYN that is still held tells nobody of itself.
                return _sndMax == _iss ? TcpEvents.None : RejectAck(segment);
            }

            Establish(segment, now);
            _sndWnd = (uint)segment.Window << _sndShift;
            _maxSndWnd = Math.Max(_maxSndWnd, _sndWnd);
            _sndWl1 = segment.Seq;
            _sndWl2 = segment.Ack;
            events |= TcpEvents.Established | TcpEvents.Output;
        }

        // RFC 5961 section 5: an ACK for what was never sent, or older than a whole window ago, is challenged.
        if (segment.Ack > _sndMax || _sndUna - segment.Ack > (int)Math.Min(Math.Max(_maxSndWnd, 65_535), int.MaxValue))
        {
            return events | Challenge(now);
        }

        UpdateTimestamp(segment, now);
        events |= OnAck(segment, now);
        if (State == TcpState.Closed)
        {
            return events;
        }

        // Sixth: URG is not given to anybody (RFC 6093: applications must not use it); its bytes are ordinary bytes here.
        // Seventh: the text.
        if (!segment.Payload.IsEmpty)
        {
            events |= State is TcpState.Established or TcpState.FinWait1 or TcpState.FinWait2
                ? OnText(segment, ref receiver)
                : AcknowledgeNow(); // the peer has sent its FIN already: a retransmission, or a fault of its own
        }

        // Eighth: FIN, once everything before it has arrived.
        if (segment.Has(TcpFlags.Fin) && _finOffset < 0 && State is TcpState.Established or TcpState.FinWait1 or TcpState.FinWait2)
        {
            // An end that lies below bytes which have arrived is not believed: it could never be reached.
            long end = Offset(segment.Seq) + segment.Payload.Length;
            _finOffset = end >= Math.Max(_receive.Tail, _assembler.End) ? end : -1;
        }

        if (_finOffset >= 0 && !_peerClosed && _receive.Tail == _finOffset)
        {
            events |= OnFin(now);
        }
        else if (segment.Has(TcpFlags.Fin))
        {
            events |= AcknowledgeNow();
        }

        return events;
    }

    /// <summary>3.10.7.4 fourth, SYN-RECEIVED after a passive OPEN: the client has begun anew, and will say so again.</summary>
    private TcpEvents ReturnToListen()
    {
        Close(TcpState.Closed);
        return TcpEvents.Reset;
    }

    /// <summary>3.10.7.3: the answer to our SYN.</summary>
    private TcpEvents OnSegmentInSynSent<T>(scoped in TcpSegment segment, Instant now, ref T receiver)
        where T : ITcpReceiver, allows ref struct
    {
        bool acknowledged = segment.Has(TcpFlags.Ack) && segment.Ack == _sndMax && _sndMax != _iss;
        if (segment.Has(TcpFlags.Ack) && !acknowledged)
        {
            return segment.Has(TcpFlags.Rst) ? TcpEvents.None : RejectAck(segment);
        }

        if (segment.Has(TcpFlags.Rst))
        {
            if (!acknowledged)
            {
                return TcpEvents.None;
            }

            Close(TcpState.Closed);
            return TcpEvents.Reset;
        }

        if (!segment.Has(TcpFlags.Syn))
        {
            return TcpEvents.None;
        }

        OnPeerSyn(segment, now);
        _sndWnd = _maxSndWnd = segment.Window;
        _sndWl1 = segment.Seq;
        _sndWl2 = segment.Ack;
        if (!acknowledged)
        {
            // Simultaneous open (3.5, figure 7): our SYN again, with an acknowledgement.
            State = TcpState.SynReceived;
            _synDue = true;
            return TcpEvents.Output;
        }

        Establish(segment, now);
        _ackNow = true;
        TcpEvents events = TcpEvents.Established | TcpEvents.Output;
        if (segment.Payload.Length > 0 || segment.Has(TcpFlags.Fin))
        {
            events |= OnAcceptable(WithoutSyn(segment), now, ref receiver);
        }

        return events;
    }

    /// <summary>Our SYN is acknowledged; its sequence number is behind us before any byte is counted.</summary>
    private void Establish(scoped in TcpSegment segment, Instant now)
    {
        State = TcpState.Established;
        _synRetryAt = Instant.Never;
        _sndUna = _iss + 1;
        if (_timing)
        {
            _rtt.Sample(now - _timedAt);
            _timing = false;
        }
        else if (_timestampsOk && segment.Options.HasTimestamps && (int)((uint)now.Millis + _tsOffset - segment.Options.TsEcr) is >= 0 and int millis)
        {
            // RFC 7323 4.1: the echo names the transmission that arrived.
            _rtt.Sample(millis * 1000L);
        }
        else
        {
            _rtt.OnHandshakeLoss();
        }

        if (_synRetries > 0)
        {
            _congestion.OnHandshakeLoss();
        }

        _rtt.OnProgress();
        _lastProgress = now;
        _keepAliveAt = _parameters.KeepAliveMicros > 0 ? now + _parameters.KeepAliveMicros : Instant.Never;
    }

    /// <summary>RFC 9293 3.10.7.3 and 3.10.7.4: an acknowledgement of what was never sent, before we are synchronised, is reset.</summary>
    private TcpEvents RejectAck(scoped in TcpSegment segment)
    {
        _rejected = segment.Ack;
        _rejectDue = true;
        return TcpEvents.Output;
    }

    /// <summary>3.10.7.4 first: the four cases of the acceptance test, and PAWS.</summary>
    private bool IsAcceptable(scoped in TcpSegment segment, Instant now)
    {
        // 24 days is the age at which a stamp has wrapped (RFC 7323 5.5).
        if (_timestampsOk && segment.Options.HasTimestamps && !segment.Has(TcpFlags.Rst)
            && (int)(segment.Options.TsVal - _tsRecent) < 0 && now.Micros - _tsRecentAt < 24L * 24 * 3600 * 1_000_000)
        {
            return false;
        }

        int length = segment.Length;
        int window = _rcvEdge - _rcvNxt;
        int offset = segment.Seq - _rcvNxt;
        if (window <= 0)
        {
            // A probe of a closed window: its byte is trimmed away further on, but its acknowledgement counts (3.10.7.4: "if the RCV.WND
            // is zero, no segments will be acceptable, but special allowance should be made to accept valid ACKs, URGs, and RSTs").
            return offset == 0;
        }

        return length == 0 ? offset >= 0 && offset < window : offset < window && offset + length > 0;
    }

    /// <summary>RFC 7323 4.3: the echo is of the segment that the last acknowledgement waits for, not of the latest.</summary>
    private void UpdateTimestamp(scoped in TcpSegment segment, Instant now)
    {
        if (_timestampsOk && segment.Options.HasTimestamps && segment.Seq <= _lastAckSent
            && (int)(segment.Options.TsVal - _tsRecent) >= 0)
        {
            _tsRecent = segment.Options.TsVal;
            _tsRecentAt = now.Micros;
        }
    }

    /// <summary>Seventh: payload, trimmed to the window on both sides.</summary>
    private TcpEvents OnText<T>(scoped in TcpSegment segment, ref T receiver)
        where T : ITcpReceiver, allows ref struct
    {
        ReadOnlySpan<byte> payload = segment.Payload;
        int skip = _rcvNxt - segment.Seq;
        if (skip > 0)
        {
            NoteDuplicate(Offset(segment.Seq), Math.Min(Offset(segment.Seq) + payload.Length, _receive.Tail));
            if (skip >= payload.Length)
            {
                return AcknowledgeNow();
            }

            payload = payload[skip..];
        }

        long offset = skip > 0 ? _receive.Tail : Offset(segment.Seq);
        long edge = _receive.Tail + Math.Max(0, _rcvEdge - _rcvNxt);
        if (offset + payload.Length > edge)
        {
            payload = payload[..(int)Math.Max(0, edge - offset)];
        }

        if (_finOffset >= 0 && offset + payload.Length > _finOffset)
        {
            payload = payload[..(int)Math.Max(0, _finOffset - offset)];
        }

        if (payload.IsEmpty)
        {
            return AcknowledgeNow();
        }

        return offset == _receive.Tail ? OnTextInOrder(payload, ref receiver) : OnTextAhead(offset, payload);
    }

    private TcpEvents OnTextInOrder<T>(ReadOnlySpan<byte> payload, ref T receiver)
        where T : ITcpReceiver, allows ref struct
    {
        int length = payload.Length;
        ReadOnlySpan<byte> rest = default;
        bool filledHole = _assembler.Count > 0;

        // What lies ahead already came first and wins (section 3.10.7.4 lets either copy win; a conflicting one must not replace
        // bytes that a selective acknowledgement has promised).
        if (filledHole && _assembler.Ranges[0].Start < _receive.Tail + length)
        {
            length = (int)(_assembler.Ranges[0].Start - _receive.Tail);
            rest = payload[length..];
            payload = payload[..length];
        }

        int direct = 0;
        if (_receive.Length == 0)
        {
            direct = receiver.Receive(payload);
            _receive.Skip(direct);
            _takenSinceGrowth += direct;
        }

        if (direct < length)
        {
            // No memory: the rest is not acknowledged and will come again. The edge stays, as RFC 9293 3.8.6 asks; only the bytes wait. But
            // for a chunk that every connection may store: it could not make progress else, least of all to bytes beyond a hole.
            if (_pool.IsOverBudget)
            {
                length = Math.Min(length, direct + (int)Math.Max(0, ChunkPool.ChunkSize - _receive.Length));
                rest = default;
            }

            _receive.Append(payload[direct..length]);
        }

        _rcvNxt += length;
        _unacked += length;
        _receivedSinceSent += length;
        _segmentsUnacked++;
        if (filledHole)
        {
            long tail = _assembler.Advance(_receive.Tail);
            int more = (int)(tail - _receive.Tail);
            _receive.ExtendTo(tail);
            _rcvNxt += more;
            _ackNow = true; // RFC 5681 4.2: at once when a hole is filled, wholly or in part

            // The segment reaches beyond the range that it met.
            if (more < rest.Length)
            {
                return OnTextInOrder(rest[more..], ref receiver);
            }
        }

        GrowWindow();
        ScheduleAck();

        // RFC 5681 4.2: every second full segment, even if many are handed in at once. Not so for a peer that hands over super-segments: each
        // has been one segment to everybody, and an acknowledgement in the middle of a batch, for the small piece behind one say, makes the
        // peer's answer to it run on our time (one upload: 15 Gbit/s with it, 18 without).
        _superSegments |= length + rest.Length > _localMss;
        bool due = filledHole || (_ackNow && !_superSegments);
        return TcpEvents.Output | (due ? TcpEvents.AckDue : TcpEvents.None) | (_receive.Length > 0 ? TcpEvents.Readable : TcpEvents.None);
    }

    private TcpEvents OnTextAhead(long offset, ReadOnlySpan<byte> payload)
    {
        long end = offset + payload.Length;
        if (_assembler.Contains(offset, end))
        {
            NoteDuplicate(offset, end);
            _assembler.Add(offset, end); // nothing new, but this range is now the first to be reported (RFC 2883 section 4)
            return AcknowledgeNow();
        }

        // First data wins: only the parts that no range holds are written.
        if (!_pool.IsOverBudget && _assembler.CanAdd(offset, end))
        {
            long at = offset;
            foreach ((long start, long stop) in _assembler.Ranges)
            {
                if (stop <= at)
                {
                    continue;
                }

                if (start >= end)
                {
                    break;
                }

                if (start > at)
                {
                    _receive.WriteAt(at, payload[(int)(at - offset)..(int)(start - offset)]);
                }

                at = Math.Max(at, stop);
            }

            if (at < end)
            {
                _receive.WriteAt(at, payload[(int)(at - offset)..]);
            }

            _assembler.Add(offset, end);
        }

        // RFC 5681 4.2: an out-of-order segment is acknowledged at once.
        _quickAcks = QuickAcksAfterLoss;
        return AcknowledgeNow();
    }

    /// <summary>Eighth: the peer's FIN has arrived in order.</summary>
    private TcpEvents OnFin(Instant now)
    {
        _peerClosed = true;
        _assembler.Clear();
        _rcvNxt += 1;
        _unacked++;
        ScheduleAck();
        TcpEvents events = TcpEvents.PeerClosed | TcpEvents.Output;
        switch (State)
        {
            case TcpState.Established:
                State = TcpState.CloseWait;
                break;
            case TcpState.FinWait1:
                State = TcpState.Closing;
                _ackNow = true;
                break;
            case TcpState.FinWait2:
                State = TcpState.TimeWait;
                ResetTimers();
                _ackNow = true;
                events |= TcpEvents.Finished;
                break;
        }

        return events;
    }

    private TcpEvents AcknowledgeNow()
    {
        _ackNow = true;
        return TcpEvents.Output | TcpEvents.AckDue;
    }

    /// <summary>RFC 5961 section 7: challenge acknowledgements are limited, or they become a side channel and a weapon.</summary>
    private TcpEvents Challenge(Instant now)
    {
        if (now - _challengeWindow > 1_000_000)
        {
            _challengeWindow = now;
            _challenges = 0;
        }

        return _challenges++ < MaxChallengesPerSecond ? AcknowledgeNow() : TcpEvents.None;
    }

    private void NoteDuplicate(long start, long end)
    {
        // RFC 2883: the first block of the next acknowledgement names what came twice.
        _quickAcks = QuickAcksAfterLoss;
        if (_sackOk && start >= 0)
        {
            _duplicate = (start, end);
        }
    }

    /// <summary>The receive-stream offset of a sequence number near the window.</summary>
    private long Offset(SequenceNumber seq) => _receive.Tail + (seq - (_rcvNxt + (_peerClosed ? -1 : 0)));

    /// <summary>What follows the SYN in its segment. The window of a SYN is never scaled (RFC 7323 2.2), so it is scaled down here.</summary>
    private TcpSegment WithoutSyn(scoped in TcpSegment segment) => new(
        segment.Seq + 1,
        segment.Ack,
        segment.Flags & ~TcpFlags.Syn,
        (ushort)(segment.Window >> _sndShift),
        in segment.Options,
        segment.Payload);
}
