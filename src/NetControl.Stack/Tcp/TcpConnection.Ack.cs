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
        int acked = segment.Ack - _sndUna;
        long delivered = _sackOk ? TakeDelivery(segment, acked, now) : acked;

        bool sameWindow = UpdateWindow(segment);
        if (acked > 0)
        {
            TakeRttSample(segment, now);
            return OnProgress(segment.Ack, acked, delivered, inFlight, now);
        }

        if (acked < 0 || inFlight == 0)
        {
            return _send.Length > 0 || _finQueued ? TcpEvents.Output : TcpEvents.None;
        }

        if (_sackOk)
        {
            if (_afterTimeout && delivered > 0)
            {
                _congestion.OnAck(delivered, _use.Filled, _rtt.SmoothedMicros, now);
            }

            DetectLosses(now);
        }
        else if (segment.Length == 0 && sameWindow && _sndNxt != _sndUna)
        {
            // RFC 5681 section 2: a duplicate carries nothing and changes nothing, while data is outstanding. The answer to a probe of a
            // closed window looks the same, but there SND.NXT stands still.
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

    private TcpEvents OnProgress(SequenceNumber ack, int acked, long delivered, long inFlight, Instant now)
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
            _sizeProven |= bytes >= _mss;
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
            // After a timeout an acknowledgement may reach over much that was selectively acknowledged, and counted, long ago.
            _congestion.OnAck(_afterTimeout ? Math.Min(bytes, delivered) : bytes, _use.Filled, _rtt.SmoothedMicros, now);
            _afterRecovery |= _afterTimeout && ack >= _recover;
            _afterTimeout &= ack < _recover;
        }

        // RFC 6298 (5.2), (5.3).
        _retransmitAt = Instant.Never;
        ArmRetransmission(now);
        if (_sackOk)
        {
            OnTailAcknowledged(ack, inFlight, now);
            DetectLosses(now);
            ArmTailProbe(now);
        }

        return finAcked ? events | OnFinAcknowledged() : events;
    }

    private void OnProgressInRecovery(SequenceNumber ack)
    {
        if (ack >= _recover)
        {
            _inRecovery = _forceRetransmit = false;
            _afterRecovery = true;
            _lostBelow = 0;
            AgeReorderWindow();
            _congestion.OnRecovered();
            return;
        }

        if (_sackOk)
        {
            return;
        }

        // RFC 6582 3.2 step 3: a partial acknowledgement means that the next unacknowledged segment is lost as well.
        if (_highRetransmit <= _send.Head)
        {
            _highRetransmit = _send.Head;
            _lostBelow = Math.Max(_lostBelow, _send.Head + _mss);

            // It goes whatever the pipe says: nothing tells that the segments behind it have left the network.
            _forceRetransmit = true;
        }
    }

    private void OnDuplicate(long inFlight, Instant now)
    {
        // RFC 6582 section 4: duplicates that a timeout's retransmissions cause must not start another recovery; nor those that still
        // repeat the end of the last one (3.2 step 2).
        if (_inRecovery || _afterTimeout || _duplicateAcks < DupThresh || (_afterRecovery && _sndUna == _recover))
        {
            return;
        }

        _inRecovery = true;
        Recoveries++;
        _recover = _sndMax;
        _highRetransmit = _send.Head;
        _lostBelow = _send.Head + _mss;

        // What limited transmit let out beyond the window does not count (RFC 5681 3.2 step 2).
        _congestion.OnLoss(Math.Min(inFlight, _congestion.Window), now);
        _forceRetransmit = true;
    }

    /// <summary>What is in the network, as far as we know (RFC 6675 section 4, SetPipe).</summary>
    private long Pipe()
    {
        if (_sackOk)
        {
            return _log.Bytes - _log.LostBytes;
        }

        long inFlight = _sndNxt - _sndUna;
        if (_afterTimeout)
        {
            return inFlight;
        }

        if (!_inRecovery)
        {
            // RFC 3042: each of the first two duplicates lets a new segment out.
            return inFlight - (Math.Min(_duplicateAcks, DupThresh - 1) * (long)_mss);
        }

        long lost = Math.Max(0, _lostBelow - Math.Max(_highRetransmit, _send.Head));
        return Math.Max(0, inFlight - ((long)_duplicateAcks * _mss) - lost);
    }

    /// <summary>What this acknowledgement, cumulative and selective, says to have arrived. Returns how many bytes.</summary>
    private long TakeDelivery(scoped in TcpSegment segment, int acked, Instant now)
    {
        Delivery delivery = default;
        long before = _log.Bytes;
        long highest = _rackHighest;
        _duplicateTold = false;
        if (acked > 0)
        {
            long end = _send.Head + acked;
            _log.Deliver(_send.Head, end, highest, now, _minRtt, ref delivery);
            _rackHighest = Math.Max(_rackHighest, end);
        }

        bool firstTimers = delivery.FirstTimers;
        ref readonly TcpOptions options = ref segment.Options;
        for (int i = 0; i < options.SackCount; i++)
        {
            (SequenceNumber left, SequenceNumber right) = options.GetSack(i);

            // RFC 2883: a first block below the acknowledgement, or within the second, tells of a duplicate.
            if (i == 0 && left < right && (right <= segment.Ack || IsWithinSecond(options, left, right)))
            {
                OnDuplicateTold(segment.Ack);
                CountDuplicate(left, right);
                continue;
            }

            // Below the acknowledgement it is old; beyond what was sent it is a lie.
            if (left >= segment.Ack && left >= _sndUna && left < right && right <= _sndMax)
            {
                long start = _send.Head + (left - _sndUna);
                long end = Math.Min(_send.Head + (right - _sndUna), _send.Tail + (_finSent ? 1 : 0));
                if (start < end && _sacked.Add(start, end))
                {
                    _log.Deliver(start, end, highest, now, _minRtt, ref delivery);
                    _rackHighest = Math.Max(_rackHighest, end);
                }
            }
        }

        OnDelivered(delivery, now);
        LookForUndo(segment, acked, firstTimers);
        return before - _log.Bytes;
    }

    private static bool IsWithinSecond(in TcpOptions options, SequenceNumber left, SequenceNumber right)
    {
        if (options.SackCount < 2)
        {
            return false;
        }

        (SequenceNumber start, SequenceNumber end) = options.GetSack(1);
        return left >= start && right <= end;
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
