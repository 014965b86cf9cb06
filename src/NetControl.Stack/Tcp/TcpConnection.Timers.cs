namespace NetControl.Stack.Tcp;

/// <content>The clocks: handshake, retransmission (RFC 6298), window probe (RFC 9293 3.8.6.1), delayed acknowledgement.</content>
public sealed partial class TcpConnection
{
    private const int MaxChallengesPerSecond = 10;
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
        Instant.Min(Instant.Min(Instant.Min(_synRetryAt, _retransmitAt), Instant.Min(_probeAt, _ackAt)), _keepAliveAt);

    private void ResetTimers()
    {
        _synRetryAt = _retransmitAt = _probeAt = _ackAt = _keepAliveAt = Instant.Never;
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
        bool first = _rtt.Expiries == 0;
        _congestion.OnTimeout(_sndMax - _sndUna, first);
        _rtt.BackOff();
        if (!first)
        {
            // RFC 2018 section 8: a peer may take back what it only selectively acknowledged; a second timeout stops believing it.
            _sacked.Clear();
        }

        _sndNxt = _sndUna;
        _recover = _sndMax;
        _afterTimeout = true;
        _inRecovery = _forceRetransmit = false;
        _timing = false;
        _duplicateAcks = 0;
        return TcpEvents.Output;
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
