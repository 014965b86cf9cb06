namespace NetControl.Stack.Tcp;

/// <summary>What is in the network: which bytes were sent when, which of them again, and which are thought lost (RFC 8985 section 5.3).</summary>
/// <remarks>
/// <para>Owner: one connection. Offsets are those of the send stream; FIN counts as the byte behind the last one. Records are sorted, disjoint
/// and hold nothing that the peer has acknowledged, selectively or not. Bytes sent at about the same time share a record, so that a
/// super-segment costs one and a window a few dozen; retransmissions split them.</para>
/// <para>Buffers: one array, none before the first byte is sent and two records for questions and answers; it grows to <see cref="MaxRecords"/>, after which records stay whole: that
/// costs needless retransmissions at worst.</para>
/// </remarks>
public sealed class TransmitLog
{
    /// <summary>The most records kept.</summary>
    public const int MaxRecords = 1024;

    private TransmitRecord[] _records = [];
    private int _head;
    private int _resent;
    private Instant _resentAt;

    /// <summary>How many records are held.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes in all records.</summary>
    public long Bytes { get; private set; }

    /// <summary>Bytes in records that are thought lost.</summary>
    public long LostBytes { get; private set; }

    /// <summary>Whether the records are in the order of their sending: nothing was sent again.</summary>
    public bool IsInOrder => _resent == 0;

    /// <summary>Where the first record starts; there must be one.</summary>
    public long First => _records[_head].Start;

    /// <summary>The records, by offset.</summary>
    public ReadOnlySpan<TransmitRecord> Records => _records.AsSpan(_head, Count);

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Count = _head = _resent = 0;
        Bytes = LostBytes = 0;
        _resentAt = default;
    }

    /// <summary>
    /// Bytes behind all others were sent. They join the last record if that was sent no longer ago than <paramref name="tolerance"/>, and nothing
    /// was sent again meanwhile: or the delivery of that would tell of bytes as lost that left after it.
    /// </summary>
    public void Append(long start, long end, Instant now, bool again, long tolerance)
    {
        Bytes += end - start;
        if (Count > 0)
        {
            ref TransmitRecord last = ref _records[_head + Count - 1];
            if (last.End == start && (Count == MaxRecords || (last.Again == again && !last.Lost && last.At >= _resentAt && now - last.At <= tolerance)))
            {
                last.End = end;
                LostBytes += last.Lost ? end - start : 0;
                return;
            }
        }

        if (Count == MaxRecords)
        {
            Bytes -= end - start; // unseen; the retransmission timer still watches over it
            return;
        }

        MakeRoom();
        _records[_head + Count++] = new TransmitRecord { Start = start, End = end, At = now, Again = again };
        _resent += again ? 1 : 0;
    }

    /// <summary>
    /// The peer has these bytes. Cuts them out, and tells the transmission that was the latest of those delivered; when a range is given in
    /// pieces, the latest of all pieces is kept in <paramref name="delivery"/>.
    /// </summary>
    public void Deliver(long start, long end, long highest, Instant now, long minRtt, ref Delivery delivery)
    {
        int i = Find(start);
        while (i < Count && _records[_head + i].Start < end)
        {
            TransmitRecord record = _records[_head + i];
            long from = Math.Max(start, record.Start);
            long to = Math.Min(end, record.End);
            delivery.Take(record, to, highest, now, minRtt);
            i = Cut(i, from, to);
        }
    }

    /// <summary>The first record thought lost, or -1.</summary>
    public int FindLost()
    {
        for (int i = 0; LostBytes > 0 && i < Count; i++)
        {
            if (_records[_head + i].Lost)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>The first bytes of a record were sent again.</summary>
    public void Resend(int index, int length, Instant now)
    {
        TransmitRecord record = _records[_head + index];
        if (record.End - record.Start > length && Count < MaxRecords)
        {
            Split(index, record.Start + length);
        }

        Renew(ref _records[_head + index], now);
    }

    /// <summary>The last bytes in the log were sent again.</summary>
    public void ResendTail(int length, Instant now)
    {
        TransmitRecord last = _records[_head + Count - 1];
        if (last.End - last.Start > length && Count < MaxRecords)
        {
            Split(Count - 1, last.End - length);
        }

        Renew(ref _records[_head + Count - 1], now);
    }

    /// <summary>RFC 8985 section 6.2 step 5: what was sent before the latest delivery, and a round trip and a reordering window ago, is lost.</summary>
    /// <param name="latest">When the transmission that was delivered last was sent.</param>
    /// <param name="latestEnd">Its end.</param>
    /// <param name="wait">The round trip and the reordering window, in microseconds.</param>
    /// <param name="now">The time.</param>
    /// <param name="since">Which retransmissions count for <paramref name="lostAgain"/>: those sent from then on.</param>
    /// <param name="lostAgain">Whether such a retransmission is among what is lost now.</param>
    /// <returns>Microseconds until more may be, or 0.</returns>
    public long DetectLosses(Instant latest, long latestEnd, long wait, Instant now, Instant since, out bool lostAgain)
    {
        lostAgain = false;
        long timeout = 0;
        for (int i = _head; i < _head + Count; i++)
        {
            ref TransmitRecord record = ref _records[i];
            if (record.Lost || record.At > latest || (record.At == latest && record.End > latestEnd))
            {
                continue;
            }

            long remaining = record.At + wait - now;
            if (remaining <= 0)
            {
                record.Lost = true;
                lostAgain |= record.Again && record.At >= since;
                LostBytes += record.End - record.Start;
            }
            else
            {
                timeout = Math.Max(timeout, remaining);
            }
        }

        return timeout;
    }

    /// <summary>The retransmission timer expired: all of it is thought lost.</summary>
    public void LoseAll()
    {
        for (int i = _head; i < _head + Count; i++)
        {
            _records[i].Lost = true;
        }

        LostBytes = Bytes;
    }

    /// <summary>None of it is thought lost any more: what was thought so was a mistake.</summary>
    public void FindAll()
    {
        for (int i = _head; LostBytes > 0 && i < _head + Count; i++)
        {
            _records[i].Lost = false;
        }

        LostBytes = 0;
    }

    private void Renew(ref TransmitRecord record, Instant now)
    {
        LostBytes -= record.Lost ? record.End - record.Start : 0;
        _resent += record.Again ? 0 : 1;
        record.Lost = false;
        record.Again = true;
        record.At = _resentAt = now;
    }

    /// <summary>Takes [from, to) out of a record that covers it. Returns the index of the next record to look at.</summary>
    private int Cut(int index, long from, long to)
    {
        ref TransmitRecord record = ref _records[_head + index];
        if (from > record.Start && to < record.End)
        {
            if (Count == MaxRecords)
            {
                return index + 1;
            }

            Split(index, from);
            Shrink(ref _records[_head + index + 1], to - from);
            _records[_head + index + 1].Start = to;
            return index + 2;
        }

        Shrink(ref record, to - from);
        if (from > record.Start)
        {
            record.End = from;
            return index + 1;
        }

        if (to < record.End)
        {
            record.Start = to;
            return index + 1;
        }

        Remove(index);
        return index;
    }

    private void Shrink(ref TransmitRecord record, long bytes)
    {
        Bytes -= bytes;
        LostBytes -= record.Lost ? bytes : 0;
    }

    private void Remove(int index)
    {
        _resent -= _records[_head + index].Again ? 1 : 0;
        Count--;
        if (index == 0)
        {
            _head = Count == 0 ? 0 : _head + 1;
        }
        else
        {
            Array.Copy(_records, _head + index + 1, _records, _head + index, Count - index);
        }
    }

    private void Split(int index, long at)
    {
        MakeRoom();
        Array.Copy(_records, _head + index, _records, _head + index + 1, Count - index);
        Count++;
        _records[_head + index].End = at;
        _records[_head + index + 1].Start = at;
        _resent += _records[_head + index].Again ? 1 : 0;
    }

    private void MakeRoom()
    {
        if (_head + Count < _records.Length)
        {
            return;
        }

        // Moving is paid for by the records that were removed since the last time.
        if (_head > _records.Length / 2)
        {
            Array.Copy(_records, _head, _records, 0, Count);
        }
        else
        {
            TransmitRecord[] larger = new TransmitRecord[Math.Max(2, _records.Length * 2)];
            Array.Copy(_records, _head, larger, 0, Count);
            _records = larger;
        }

        _head = 0;
    }

    private int Find(long offset)
    {
        int low = 0;
        int high = Count;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (_records[_head + middle].End <= offset)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
