namespace NetControl.Stack.Tcp;

/// <content>Losses told by time, RACK-TLP (RFC 8985), for peers that acknowledge selectively; the others are served by <c>.Ack</c> (RFC 6582).</content>
public sealed partial class TcpConnection
{
    private const long DelayedAckAllowanceMicros = 200_000; // 7.2, WCDelAckT
    private const long LeastProbeMicros = 4000; // what a busy host's scheduler adds to a short round trip
    private const long UnknownRttProbeMicros = 1_000_000;
    private const long MinRttLifeMicros = 300_000_000;
    private const int MaxReorderSteps = 16; // 6.2, step 4: steps kept so many recoveries long
    private readonly TransmitLog _log = new();
    private Instant _rackAt;
    private long _rackEnd;
    private long _rackRtt;
    private long _rackHighest;
    private long _minRtt;
    private Instant _minRttAt;
    private bool _reorderingSeen;
    private int _reorderSteps = 1;
    private int _reorderLife;
    private SequenceNumber _reorderRound;
    private bool _reorderRoundOpen;
    private bool _duplicateTold;
    private Instant _lossAt = Instant.Never;
    private bool _lossIsTail;
    private Instant _reducedAt;
    private bool _tailDue;
    private bool _tailPending;
    private bool _tailAgain;
    private SequenceNumber _tailEnd;

    private void ResetLoss()
    {
        _log.Clear();
        _rackAt = _minRttAt = _reducedAt = default;
        _rackEnd = _rackRtt = _rackHighest = _minRtt = 0;
        _reorderingSeen = _reorderRoundOpen = _duplicateTold = false;
        _reorderSteps = 1;
        _reorderLife = 0;
        _tailDue = _tailPending = false;
    }

    /// <summary>6.2 steps 1 to 3: which transmission this acknowledgement delivered last.</summary>
    private void OnDelivered(in Delivery delivery, Instant now)
    {
        _reorderingSeen |= delivery.Reordered;
        if (!delivery.Any)
        {
            return;
        }

        long rtt = Math.Max(1, now - delivery.At);
        if (_minRtt == 0 || rtt <= _minRtt || now - _minRttAt > MinRttLifeMicros)
        {
            (_minRtt, _minRttAt) = (rtt, now);
        }

        if (delivery.At > _rackAt || (delivery.At == _rackAt && delivery.End > _rackEnd))
        {
            (_rackAt, _rackEnd, _rackRtt) = (delivery.At, delivery.End, now - delivery.At);
        }

        if (delivery.Again && _rtt.IsBackedOff)
        {
            // What was sent again came through in about a round trip: the doubling was for a loss, not for a path that slow.
            _rtt.OnEcho(rtt, _parameters.MinRtoMicros);
        }
    }

    /// <summary>6.2 step 5, and the response: recovery begins unless one is under way.</summary>
    private void DetectLosses(Instant now)
    {
        if (!_lossIsTail)
        {
            _lossAt = Instant.Never;
        }

        // Without holes and without retransmissions nothing was sent before what was delivered.
        if (_log.Count == 0 || (_sacked.Count == 0 && _log.IsInOrder))
        {
            return;
        }

        long lostBefore = _log.LostBytes;
        long timeout = _log.DetectLosses(_rackAt, _rackEnd, _rackRtt + ReorderWindow(), now, _reducedAt, out bool lostAgain);
        if (timeout > 0)
        {
            _lossAt = now + timeout;
            _lossIsTail = false;
        }

        if (_log.LostBytes > lostBefore && !_inRecovery && !_afterTimeout)
        {
            _inRecovery = true;
            Recoveries++;
            _recover = _sndMax;
            _tailPending = false;
            StartUndo();
            _reducedAt = now;
            _congestion.OnLoss(Math.Min(_sndMax - _sndUna, _congestion.Window), now);

            // The first retransmission of a recovery goes whatever the pipe says (RFC 5681 3.2 step 3).
            _forceRetransmit = true;
        }
        else if (lostAgain)
        {
            OnRetransmissionLost(now);
            _forceRetransmit = true;
        }
    }

    /// <summary>
    /// RFC 5681 section 4.3: the loss of a retransmission is another indication of congestion. Only those that were sent behind the latest
    /// reduction count, which is once per round trip.
    /// </summary>
    private void OnRetransmissionLost(Instant now)
    {
        _reducedAt = now;
        _congestion.OnRetransmissionLost(Math.Min(_sndMax - _sndUna, _congestion.Window));
    }

    /// <summary>6.2 step 4: how long a transmission may be overtaken before it counts as lost.</summary>
    private long ReorderWindow()
    {
        bool threshold = _sacked.Count >= DupThresh || _sacked.SackedBytes > (DupThresh - 1) * (long)_mss;
        if (!_reorderingSeen && (_inRecovery || _afterTimeout || threshold))
        {
            return 0;
        }

        return Math.Min(_reorderSteps * _minRtt / 4, _rtt.SmoothedMicros);
    }

    /// <summary>A D-SACK (RFC 2883): something was sent again for nothing, so the reordering window was too small; once per round trip.</summary>
    private void OnDuplicateTold(SequenceNumber ack)
    {
        _duplicateTold = true;
        if (!_reorderRoundOpen || ack >= _reorderRound)
        {
            _reorderRoundOpen = true;
            _reorderRound = _sndMax;
            _reorderSteps = Math.Min(_reorderSteps + 1, MaxReorderSteps);
            _reorderLife = MaxReorderSteps;
        }
    }

    /// <summary>The window forgets what it learned after sixteen recoveries that were not needless.</summary>
    private void AgeReorderWindow()
    {
        if (_reorderLife > 0 && --_reorderLife == 0)
        {
            _reorderSteps = 1;
        }
    }

    /// <summary>7.2: after two round trips without an acknowledgement the tail is probed, long before the retransmission timeout.</summary>
    private void ArmTailProbe(Instant now)
    {
        if (!_sackOk || _inRecovery || _afterTimeout || _tailPending || _sacked.Count > 0 || _log.Bytes == 0)
        {
            if (_lossIsTail)
            {
                _lossAt = Instant.Never;
            }

            return;
        }

        long wait = _rtt.SmoothedMicros == 0
            ? UnknownRttProbeMicros
            : (2 * _rtt.SmoothedMicros) + (_log.Bytes <= _mss ? DelayedAckAllowanceMicros : LeastProbeMicros);
        _lossAt = Instant.Min(now + wait, _retransmitAt);
        _lossIsTail = true;
    }

    private TcpEvents OnLossTimer(Instant now)
    {
        _lossAt = Instant.Never;
        if (!_lossIsTail)
        {
            DetectLosses(now);
            return TcpEvents.Output;
        }

        _lossIsTail = false;
        _tailDue = _log.Bytes > 0;
        return TcpEvents.Output;
    }

    /// <summary>7.3: new data went if there was any; else the last segment goes again.</summary>
    private void SendTailProbe<T>(Instant now, ref T sender)
        where T : ITcpSender, allows ref struct
    {
        bool sentNew = !_tailDue;
        _tailDue = false;
        if (_log.Count == 0)
        {
            return;
        }

        if (!sentNew)
        {
            TransmitRecord last = _log.Records[^1];
            long end = last.End;
            int length = (int)Math.Min(end - last.Start, SegmentSize());
            _log.ResendTail(length, now);
            SendAgain(end - length, end, now, ref sender);
        }

        TailProbes++;
        _tailPending = true;
        _tailAgain = !sentNew;
        _tailEnd = _sndNxt;
        _retransmitAt = Instant.Never;
    }

    /// <summary>7.4: a probe that mended a loss hides it from everybody else, but not from congestion control.</summary>
    private void OnTailAcknowledged(SequenceNumber ack, long inFlight, Instant now)
    {
        if (!_tailPending || ack < _tailEnd)
        {
            return;
        }

        if (!_tailAgain || _duplicateTold)
        {
            _tailPending = false;
        }
        else if (ack > _tailEnd)
        {
            _tailPending = _undoable = false;
            _congestion.OnLoss(inFlight, now);
            _congestion.OnRecovered();
        }
    }

    /// <summary>Lost records first, as far as the window allows (RFC 6675 section 5, step C).</summary>
    private bool TryRetransmitLost<T>(Instant now, ref T sender)
        where T : ITcpSender, allows ref struct
    {
        int index = _log.FindLost();
        if (index < 0)
        {
            return false;
        }

        TransmitRecord record = _log.Records[index];
        int segmentSize = SegmentSize();
        long room = _congestion.Window - Pipe();
        if (room < Math.Min(segmentSize, record.End - record.Start) && !_forceRetransmit)
        {
            return false;
        }

        _forceRetransmit = false;
        long limit = Math.Max(segmentSize, Math.Min(Math.Max(room, segmentSize), _parameters.MaxSuperSegment) / segmentSize * segmentSize);
        int length = (int)Math.Min(record.End - record.Start, limit);
        long window = _sndWnd - (record.Start - _send.Head);
        if (length > window)
        {
            // RFC 9293 3.8.6: a peer that took its window back is not sent what it does not want; but the FIN needs no room.
            if (window <= 0 && record.Start < _send.Tail)
            {
                return false;
            }

            length = (int)Math.Max(1, window);
        }

        if (record.Start == _send.Head)
        {
            _retransmitAt = Instant.Never; // a new wait for the oldest byte, as its transmission is new
        }

        _log.Resend(index, length, now);
        SendAgain(record.Start, record.Start + length, now, ref sender);
        return true;
    }

    /// <summary>Bytes, and the FIN if they reach it.</summary>
    private void SendAgain<T>(long start, long end, Instant now, ref T sender)
        where T : ITcpSender, allows ref struct
    {
        bool fin = end > _send.Tail;
        Retransmits++;
        _timing = false;
        NoteRetransmission(_sndUna + (int)(start - _send.Head), _sndUna + (int)(end - _send.Head), now);
        int length = (int)(Math.Min(end, _send.Tail) - start);
        TcpFlags flags = TcpFlags.Ack | (fin ? TcpFlags.Fin : TcpFlags.None) | (length > 0 && end >= _send.Tail ? TcpFlags.Psh : TcpFlags.None);
        Emit(_sndUna + (int)(start - _send.Head), length > 0 ? start : 0, length, flags, now, ref sender);
    }
}
