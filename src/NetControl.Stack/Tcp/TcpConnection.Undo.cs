namespace NetControl.Stack.Tcp;

/// <content>
/// Reductions that were for nothing are taken back: by timestamps (Eifel, RFC 3522), by D-SACK (RFC 3708), and, for a timeout that not all data
/// fell to, by what arrives although it was never sent again (RFC 5682). Only with SACK: the log tells what was sent again.
/// </content>
public sealed partial class TcpConnection
{
    private const int MaxUndoRanges = 8;
    private (SequenceNumber Start, SequenceNumber End)[] _undoRanges = []; // of most connections: they lose nothing
    private bool _undoable;
    private bool _undoStamped;
    private uint _undoStamp;
    private long _undoBytes;
    private int _undoCount;

    private void ResetUndo() => _undoable = _undoStamped = false;

    /// <summary>A reduction: from here on retransmissions are counted, until they turn out needless or the next reduction comes.</summary>
    private void StartUndo()
    {
        _undoable = true;
        _undoStamped = false;
        _undoCount = 0;
        _undoBytes = 0;
    }

    private void NoteRetransmission(SequenceNumber start, SequenceNumber end, Instant now)
    {
        if (!_undoable)
        {
            return;
        }

        if (_undoCount == 0)
        {
            _undoStamped = _timestampsOk;
            _undoStamp = (uint)now.Millis + _tsOffset;
        }

        _undoBytes += end - start;
        if (_undoCount > 0 && _undoRanges[_undoCount - 1].End == start)
        {
            _undoRanges[_undoCount - 1].End = end;
        }
        else if (_undoCount < MaxUndoRanges)
        {
            _undoRanges = _undoRanges.Length == 0 ? new (SequenceNumber, SequenceNumber)[MaxUndoRanges] : _undoRanges;
            _undoRanges[_undoCount++] = (start, end);
        }
    }

    /// <summary>
    /// RFC 3708: once every byte that was sent again is reported as a duplicate, none of it had been lost. What was sent once and came twice is
    /// the network's doing; in more ranges than are remembered no report is believed, and nothing is undone.
    /// </summary>
    private void CountDuplicate(SequenceNumber left, SequenceNumber right)
    {
        for (int i = 0; _undoable && i < _undoCount; i++)
        {
            if (left >= _undoRanges[i].Start && right <= _undoRanges[i].End)
            {
                _undoBytes -= right - left;
                return;
            }
        }
    }

    /// <summary>
    /// RFC 3522 section 3.2: the first acknowledgement that covers what was sent again echoes an earlier stamp than the retransmission's, so it is
    /// the first transmission's.
    /// </summary>
    private bool IsOfTheFirstTransmission(scoped in TcpSegment segment, int acked)
    {
        // What does not reach it says nothing about it: bytes below it may have been sent again in the recovery before.
        if (!_undoStamped || acked <= 0 || segment.Ack <= _undoRanges[0].Start)
        {
            return false;
        }

        _undoStamped = false;
        return segment.Options.HasTimestamps && (int)(segment.Options.TsEcr - _undoStamp) < 0;
    }

    /// <summary>Looks at an acknowledgement for a proof that the reduction was needless, or the timeout too pessimistic.</summary>
    /// <param name="segment">The acknowledgement.</param>
    /// <param name="acked">How far it moves SND.UNA.</param>
    /// <param name="firstTimers">Whether it delivers bytes, cumulatively, that were never sent again.</param>
    private void LookForUndo(scoped in TcpSegment segment, int acked, bool firstTimers)
    {
        if (!_undoable)
        {
            return;
        }

        if (IsOfTheFirstTransmission(segment, acked) || (_duplicateTold && _undoCount > 0 && _undoBytes <= 0))
        {
            _undoable = false;
            Undos++;
            _congestion.OnUndo();
            EndLossState();
        }
        else if (_afterTimeout && firstTimers && acked > 0 && segment.Ack < _recover)
        {
            // RFC 5682 section 3.1 step 3b. One loss there may have been all the same, so this goes on as a recovery, with the reduced window. What
            // of the rest is lost RACK says in a moment, by what this acknowledgement delivered.
            _congestion.OnTimeoutSoftened();
            EndLossState();
            _inRecovery = true;
        }
    }

    /// <summary>What was taken for lost is in the network after all; RACK looks at it anew.</summary>
    private void EndLossState()
    {
        _log.FindAll();
        _afterRecovery |= _inRecovery || _afterTimeout;
        _inRecovery = _afterTimeout = _forceRetransmit = false;
        _rtt.OnNeedlessTimeout();
    }
}
