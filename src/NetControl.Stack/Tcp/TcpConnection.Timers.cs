namespace NetControl.Stack.Tcp;

/// <content>The clocks: handshake, retransmission (RFC 6298), window probe (RFC 9293 3.8.6.1), delayed acknowledgement.</content>
public sealed partial class TcpConnection
{
    private const int MaxChallengesPerSecond = 10;
    private const int MaxSackTimeouts = 3;
    private Instant _synRetryAt = Instant.Never;
    private Instant _retransmitAt = Instant.Never;
    private Instant _probeAt = Instant.Never;
    private Instant _ackAt = Instant.Never;
    private Instant _keepAliveAt = Instant.Never;
    private Instant _lastHeard;
    private Instant _challengeWindow;
    private int _challenges;
    private int _synRetries;
    private int _probes;

    /// <summary>When <see cref="OnTimer"/> must be called; <see cref="Instant.Never"/> if nothing is pending. Calling early does no harm.</summary>
    public Instant NextDeadline =>
        Instant.Min(
            Instant.Min(Instant.Min(_synRetryAt, _retransmitAt), Instant.Min(_probeAt, _ackAt)),
            Instant.Min(_keepAliveAt, _lossAt));

    private void ResetTimers()
    {
        _synRetryAt = _retransmitAt = _probeAt = _ackAt = _keepAliveAt = _lossAt = Instant.Never;
        _challengeWindow = default;
        _challenges = _synRetries = _probes = 0;
    }

    /// <summary>Does what the time demands. Early calls are answered with <see cref="TcpEvents.None"/>.</summary>
    public TcpEvents OnTimer(Instant now)
    {
        TcpEvents events = TcpEvents.None;
        if (now >= _synRetryAt)
        {
            events |= OnSynTimer(now);
        }

        if (now >= _ackAt)
        {
            _ackAt = Instant.Never;
            _ackNow = true;
            events |= TcpEvents.Output;
        }

        // Before the retransmission timer: a probe of the tail that is due at the same moment takes its place (RFC 8985 7.2).
        if (now >= _lossAt)
        {
            events |= OnLossTimer(now);
            if (_tailDue)
            {
                _retransmitAt = Instant.Never;
            }
        }

        if (now >= _retransmitAt)
        {
            events |= OnRetransmissionTimer(now);
        }

        if (now >= _probeAt)
        {
            events |= OnProbeTimer(now);
        }

        if (now >= _keepAliveAt)
        {
            events |= OnKeepAliveTimer(now);
        }

        return events;
    }

    private TcpEvents OnSynTimer(Instant now)
    {
        if (State is not (TcpState.SynReceived or TcpState.SynSent))
        {
            _synRetryAt = Instant.Never;
            return TcpEvents.None;
        }

        if (++_synRetries > _parameters.MaxSynRetries)
        {
            Close(TcpState.Closed);
            return TcpEvents.TimedOut;
        }

        _rtt.BackOff();
        _synDue = true;
        _synRetryAt = Instant.Never;
        Retransmits++;
        return TcpEvents.Output;
    }

    private TcpEvents OnRetransmissionTimer(Instant now)
    {
        _retransmitAt = Instant.Never;
        if (_sndUna == _sndMax)
        {
            return TcpEvents.None;
        }

        // RFC 9293 3.8.6.1: a peer that keeps its window closed is alive as long as it answers, even if a FIN or taken-back bytes wait.
        if (now - (_sndWnd == 0 ? _lastHeard : _lastProgress) > _parameters.GiveUpMicros)
        {
            Close(TcpState.Closed);
            return TcpEvents.TimedOut;
        }

        // RFC 6298 (5.4) to (5.6); everything in flight is taken for lost and goes again from the start, but for what was SACKed.
        // A recovery that the timer cuts short has reduced the threshold for this window of data already, and does so again only if what it
        // waited for was a retransmission (RFC 5681 4.3); the timer's own may be lost without another reduction (RFC 5681 3.1).
        Timeouts++;
        bool first = _rtt.Expiries == 0 && !_inRecovery;
        if (first || !_undoable)
        {
            StartUndo();
        }

        if (_inRecovery && IsOldestSentAgain())
        {
            OnRetransmissionLost(now);
        }

        _reducedAt = now;
        _congestion.OnTimeout(_sndMax - _sndUna, first);
        LookForBlackHole();
        _rtt.BackOff();
        if (_rtt.Expiries >= MaxSackTimeouts || (_sacked.Count > 0 && _sacked.Lowest <= _send.Head))
        {
            // RFC 2018 section 8: a peer may take back what it only selectively acknowledged. It did if its acknowledgement stops where a
            // range starts; and after some timeouts in a row nothing is believed any more.
            _sacked.Clear();
        }

        SendAllAgain();
        return TcpEvents.Output;
    }

    private bool IsOldestSentAgain() =>
        _sackOk ? _log.Count > 0 && _log.Records[0] is { Again: true } oldest && oldest.At >= _reducedAt : _highRetransmit > _send.Head;

    /// <summary>Everything in flight, but for what was SACKed, is taken for lost; what proves not to be is found again (<c>.Undo</c>).</summary>
    private void SendAllAgain()
    {
        if (!_sackOk || _sndWnd == 0)
        {
            GoBack();
            return;
        }

        long end = _send.Head + (_sndMax - _sndUna);
        if (_sndNxt != _sndMax || _log.Bytes != end - _send.Head - _sacked.SackedBytes)
        {
            // The log was too small for all that is out, or the peer took back what it had acknowledged selectively.
            _log.Clear();
            for (long at = _send.Head; _sacked.TryNextHole(at, end, out long start, out long stop); at = stop)
            {
                _log.Append(start, stop, _lastSend, again: true, tolerance: 0);
            }

            _sndNxt = _sndMax;
        }

        _log.LoseAll();
        EnterLossState();
    }

    /// <summary>Everything in flight, but for what was SACKed, goes again from the start.</summary>
    private void GoBack()
    {
        _log.Clear();
        _sndNxt = _sndUna;
        _undoable = false;
        EnterLossState();
    }

    private void EnterLossState()
    {
        _tailDue = _tailPending = _lossIsTail = false;
        _lossAt = Instant.Never;
        _recover = _sndMax;
        _afterTimeout = true;
        _inRecovery = _forceRetransmit = false;
        _timing = false;
        _duplicateAcks = 0;
    }

    private TcpEvents OnProbeTimer(Instant now)
    {
        if (now - _lastHeard > _parameters.GiveUpMicros)
        {
            Close(TcpState.Closed);
            return TcpEvents.TimedOut;
        }

        // An open window that is merely silly is used after the override timeout (3.8.6.2.1), which does not back off.
        _probes = _sndWnd == 0 ? _probes + 1 : 0;
        _probeDue = true;
        _probeAt = Instant.Never;
        return TcpEvents.Output;
    }

    /// <summary>RFC 9293 3.8.4. The clock is lazy: segments only note when they came, and the timer that fires early is set again.</summary>
    private TcpEvents OnKeepAliveTimer(Instant now)
    {
        long silent = now - _lastHeard;
        bool outstanding = _sndUna != _sndMax || _probeAt != Instant.Never;
        if (silent < _parameters.KeepAliveMicros || outstanding)
        {
            // What is outstanding has clocks of its own, which ask better and give up earlier.
            _keepAliveAt = now + (outstanding ? _parameters.KeepAliveMicros : _parameters.KeepAliveMicros - silent);
            return TcpEvents.None;
        }

        if (silent >= _parameters.KeepAliveMicros + (_parameters.MaxKeepAlives * _parameters.KeepAliveIntervalMicros))
        {
            Close(TcpState.Closed);
            return TcpEvents.TimedOut;
        }

        _keepAliveAt = now + _parameters.KeepAliveIntervalMicros;
        _keepAliveDue = true;
        return TcpEvents.Output;
    }

    /// <summary>After sending: one of the two clocks runs while anything is outstanding or held back by the peer's window.</summary>
    private void ArmRetransmission(Instant now)
    {
        if (_sndNxt != _sndUna)
        {
            _probeAt = Instant.Never;
            if (_retransmitAt == Instant.Never)
            {
                _retransmitAt = now + _rtt.Timeout(_parameters.MinRtoMicros, _parameters.MaxRtoMicros);
            }

            return;
        }

        _lastProgress = now;
        _retransmitAt = Instant.Never;
        bool waiting = _send.Length > 0 || (_finQueued && (!_finSent || _sndUna != _sndMax));
        if (!waiting)
        {
            _probeAt = Instant.Never;
        }
        else if (_probeAt == Instant.Never)
        {
            // Exponential like retransmission (RFC 9293 3.8.6.1), but never rarer than a minute: the answer costs the peer nothing.
            long interval = _rtt.Timeout(_parameters.MinRtoMicros, _parameters.MaxRtoMicros) << Math.Min(_probes, 8);
            _probeAt = now + Math.Min(interval, _parameters.MaxRtoMicros);
        }
    }

    private void EndProbing()
    {
        _probeAt = Instant.Never;
        _probeDue = false;
        _probes = 0;
    }
}
