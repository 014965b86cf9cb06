using NetControl.Stack.Wire;

namespace NetControl.Stack.Tcp;

/// <content>What an acknowledgement tells: progress, the peer's window, losses (RFC 5681, 6582, 6675, 2018).</content>
public sealed partial class TcpConnection
{
    private const int DupThresh = 3;
    private int _duplicateAcks;
    private bool _inRecovery;
    private bool _afterTimeout;
    private bool _afterRecovery;
    private SequenceNumber _recover;
    private long _lostBelow;
    private long _highRetransmit;
    private bool _timing;
    private SequenceNumber _timedSeq;
    private Instant _timedAt;
    private Instant _lastProgress;

    private void ResetRecovery()
    {
        _duplicateAcks = 0;
        _inRecovery = _afterTimeout = _afterRecovery = _timing = false;
        _lostBelow = _highRetransmit = 0;
    }

    /// <summary>3.10.7.4 fifth, in the states that are synchronised.</summary>
    private TcpEvents OnAck(scoped in TcpSegment segment, Instant now)
    {
        long inFlight = _sndMax - _sndUna;
        bool news = _sackOk && TakeSackBlocks(segment);
        bool sameWindow = UpdateWindow(segment);
        int acked = segment.Ack - _sndUna;
        if (acked > 0)
        {
            TakeRttSample(segment, now);
            return OnProgress(segment.Ack, acked, inFlight, now);
        }

        if (acked < 0 || inFlight == 0)
        {
            return _send.Length > 0 || _finQueued ? TcpEvents.Output : TcpEvents.None;
        }

        // RFC 5681 section 2: a duplicate carries nothing and changes nothing, while data is outstanding; RFC 6675: or it brings SACK news.
        // The answer to a probe of a closed window looks the same, but there SND.NXT stands still.
        if (news || (!_sackOk && segment.Length == 0 && sameWindow && _sndNxt != _sndUna))
        {
            _duplicateAcks++;
            OnDuplicate(inFlight, now);
        }

        return TcpEvents.Output;
    }

    private void TakeRttSample(scoped in TcpSegment segment, Instant now)
    {
        if (_timing && segment.Ack >= _timedSeq)
        {
            _rtt.Sample(now - _timedAt);
            _timing = false;
        }
        else if (_rtt.IsBackedOff && _timestampsOk && segment.Options.HasTimestamps)
        {
            // RFC 7323 4.1: the echo tells which transmission was acknowledged, so the doubling need not wait for a segment sent once. It is
            // not taken for a measurement: when it is our peer's acknowledgement that was lost, it names the first transmission, and the
            // difference is that of our own timeouts.
            int millis = (int)((uint)now.Millis + _tsOffset - segment.Options.TsEcr);
            if (millis >= 0)
            {
                _rtt.OnEcho(millis * 1000L, _parameters.MinRtoMicros);
            }
        }
    }

    private TcpEvents OnProgress(SequenceNumber ack, int acked, long inFlight, Instant now)
    {
        TcpEvents events = TcpEvents.Output;
        _rtt.OnProgress();
        _lastProgress = now;
        bool finAcked = _finSent && ack == _sndMax;
        int bytes = acked - (finAcked ? 1 : 0);
        _sndUna = ack;
        _sndNxt = SequenceNumber.Max(_sndNxt, ack);
        if (bytes > 0)
        {
            _send.Consume(bytes);
            _send.ReleaseIfEmpty();
            events |= TcpEvents.Acknowledged;
        }

        _sacked.Trim(_send.Head);
        _duplicateAcks = 0;
        if (_inRecovery)
        {
            OnProgressInRecovery(ack);
        }
        else
        {
            _congestion.OnAck(bytes, inFlight, now);
            _afterRecovery |= _afterTimeout && ack >= _recover;
            _afterTimeout &= ack < _recover;
            if (_sacked.Count > 0)
            {
                OnDuplicate(_sndMax - _sndUna, now);
            }
        }

        // RFC 6298 (5.2), (5.3).
        _retransmitAt = Instant.Never;
        ArmRetransmission(now);
        return finAcked ? events | OnFinAcknowledged() : events;
    }

    private void OnProgressInRecovery(SequenceNumber ack)
    {
        if (ack >= _recover)
        {
            _inRecovery = _forceRetransmit = false;
            _afterRecovery = true;
            _lostBelow = 0;
            _congestion.OnRecovered();
            return;
        }

        if (_sackOk)
        {
            _sacked.UpdateLost(_mss);
            _lostBelow = Math.Max(_lostBelow, _sacked.LostBelow);
        }

        // RFC 6582 3.2 step 3: a partial acknowledgement means that the next unacknowledged segment is lost as well.
        if (_highRetransmit <= _send.Head)
        {
            _highRetransmit = _send.Head;
            _lostBelow = Math.Max(_lostBelow, _send.Head + _mss);

            // It goes whatever the pipe says: without SACK nothing tells that the segments behind it have left the network. So does a
            // FIN that is all that remains.
            _forceRetransmit = !_sackOk || _send.Length == 0;
        }
    }

    private void OnDuplicate(long inFlight, Instant now)
    {
        if (_sackOk)
        {
            _sacked.UpdateLost(_mss);
        }

        if (_inRecovery)
        {
            _lostBelow = Math.Max(_lostBelow, _sacked.LostBelow);
            return;
        }

        // RFC 6582 section 4: duplicates that a timeout's retransmissions cause must not start another recovery; nor, without SACK, those
        // that still repeat the end of the last one (3.2 step 2).
        if (_afterTimeout || (_duplicateAcks < DupThresh && _sacked.LostBelow <= _send.Head)
            || (!_sackOk && _afterRecovery && _sndUna == _recover))
        {
            return;
        }

        _inRecovery = true;
        _recover = _sndMax;
        _highRetransmit = _send.Head;
        _lostBelow = Math.Max(_sacked.LostBelow, _send.Head + _mss);
        _congestion.OnLoss(inFlight, now);
        _forceRetransmit = true;
    }

    /// <summary>What is in the network, as far as we know (RFC 6675 section 4, SetPipe).</summary>
    private long Pipe()
    {
        long inFlight = _sndNxt - _sndUna;
        if (_afterTimeout)
        {
            return _sacked.Count == 0 ? inFlight : _sacked.HoleBytes(_send.Head, _send.Head + inFlight);
        }

        if (!_inRecovery)
        {
            return inFlight - _sacked.SackedBytes;
        }

        long lost = _sacked.HoleBytes(Math.Max(_highRetransmit, _send.Head), _lostBelow);
        long gone = _sackOk ? _sacked.SackedBytes : (long)_duplicateAcks * _mss;
        return Math.Max(0, inFlight - gone - lost);
    }

    private bool TakeSackBlocks(scoped in TcpSegment segment)
    {
        ref readonly TcpOptions options = ref segment.Options;
        bool news = false;
        for (int i = 0; i < options.SackCount; i++)
        {
            (SequenceNumber left, SequenceNumber right) = options.GetSack(i);

            // Below the acknowledgement it is a D-SACK (RFC 2883); beyond what was sent it is a lie.
            if (left >= segment.Ack && left >= _sndUna && left < right && right <= _sndMax)
            {
                long start = _send.Head + (left - _sndUna);
                long end = Math.Min(_send.Head + (right - _sndUna), _send.Tail);
                news |= start < end && _sacked.Add(start, end);
            }
        }

        return news;
    }

    /// <summary>Takes the window if the segment is not older than the one that told us last. Returns whether it stayed the same.</summary>
    private bool UpdateWindow(scoped in TcpSegment segment)
    {
        uint window = (uint)segment.Window << _sndShift;
        if (segment.Ack < _sndUna || segment.Seq < _sndWl1 || (segment.Seq == _sndWl1 && segment.Ack < _sndWl2))
        {
            return true;
        }

        bool same = window == _sndWnd;
        _sndWl1 = segment.Seq;
        _sndWl2 = segment.Ack;
        _sndWnd = window;
        _maxSndWnd = Math.Max(_maxSndWnd, window);
        if (!same && window > 0)
        {
            EndProbing();
        }

        return same;
    }

    private TcpEvents OnFinAcknowledged()
    {
        switch (State)
        {
            case TcpState.FinWait1:
                State = TcpState.FinWait2;
                return TcpEvents.None;
            case TcpState.Closing:
                State = TcpState.TimeWait;
                ResetTimers();
                return TcpEvents.Finished;
            case TcpState.LastAck:
                // The receive buffer stays: what the owner has not taken yet was acknowledged, and is owed to the upstream.
                State = TcpState.Closed;
                ResetTimers();
                return TcpEvents.Finished;
            default:
                return TcpEvents.None;
        }
    }
}
