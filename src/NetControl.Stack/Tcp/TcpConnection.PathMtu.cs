namespace NetControl.Stack.Tcp;

/// <content>Smaller segments: when the path says so (RFC 1191, 8201), and when it swallows the large ones in silence (RFC 4821).</content>
/// <remarks>The size is never raised again during a connection: the path is a device of ours and what routes behind it.</remarks>
public sealed partial class TcpConnection
{
    private const int MinMtuV4 = 68;
    private const int MinMtuV6 = 1280;
    private const int TimeoutsOfABlackHole = 3;
    private int _headers;
    private bool _sizeProven;

    // RFC 1191 section 7.1: what a router that does not tell its MTU may have.
    private static ReadOnlySpan<int> Plateaus => [32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 508, 296, MinMtuV4];

    // RFC 4821 section 7.2 advises 1024 bytes; the last is what every host takes (RFC 9293 3.7.1).
    private static ReadOnlySpan<int> SafeSizesV4 => [1024, 512];

    private static ReadOnlySpan<int> SafeSizesV6 => [MinMtuV6 - 60];

    /// <summary>Whether a segment that starts with a number is in flight: who quotes another has not seen one of ours.</summary>
    public bool IsInFlight(SequenceNumber quoted) => quoted >= _sndUna && quoted < _sndMax;

    /// <summary>A router could not forward a segment for its size.</summary>
    /// <param name="mtu">What it can forward; 0 from an old one.</param>
    /// <param name="quoted">The segment's sequence number: anybody can send such a message, only who saw the segment knows it (RFC 5927).</param>
    /// <returns>Whether segments are smaller now, and what was in flight is to go again: call Dispatch before the turn ends.</returns>
    public bool OnPathMtu(int mtu, SequenceNumber quoted)
    {
        if (State < TcpState.Established || State == TcpState.TimeWait || !IsInFlight(quoted))
        {
            return false;
        }

        bool isV4 = _headers == 40;
        int current = _mss + _headers + (_timestampsOk ? 12 : 0);
        if (isV4 && mtu == 0)
        {
            mtu = FirstBelow(Plateaus, current);
        }

        // RFC 1191 section 3 and RFC 8201 section 4: never below what the protocol guarantees, and never up.
        if (mtu < (isV4 ? MinMtuV4 : MinMtuV6) || mtu >= current)
        {
            return false;
        }

        // No sign of congestion (RFC 8201 section 5.4): it goes again at once, and the window stays.
        LowerSegmentSize(_mss - (current - mtu));
        _retransmitAt = Instant.Never;
        SendAllAgain();
        return true;
    }

    /// <summary>Called at a timeout: large segments that vanish again and again, while the path tells nothing, are made smaller.</summary>
    private void LookForBlackHole()
    {
        // Where full segments have come through before it takes more to believe it: heavy loss looks the same for a while.
        int needed = _sizeProven ? 2 * TimeoutsOfABlackHole : TimeoutsOfABlackHole;
        if (_send.Length < _mss || (_rtt.Expiries + 1) % needed != 0)
        {
            return;
        }

        int size = FirstBelow(_headers == 40 ? SafeSizesV4 : SafeSizesV6, _mss);
        if (size > 0)
        {
            LowerSegmentSize(size);
        }
    }

    private void LowerSegmentSize(int size)
    {
        _mss = Math.Max(size, MinSegment);
        _sizeProven = false;
        _congestion.OnSegmentSize(_mss);
    }

    private static int FirstBelow(ReadOnlySpan<int> descending, int value)
    {
        foreach (int candidate in descending)
        {
            if (candidate < value)
            {
                return candidate;
            }
        }

        return 0;
    }
}
