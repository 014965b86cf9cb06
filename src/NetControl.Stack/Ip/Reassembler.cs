using System.Buffers;
using System.Buffers.Binary;
using NetControl.Stack.Wire;

namespace NetControl.Stack.Ip;

/// <summary>Puts fragments of IPv4 and IPv6 packets together, with bounded memory and never believing an overlap (RFC 5722).</summary>
/// <remarks>
/// <para>Owner: one loop. Buffers: fragments are copied; a whole packet is lent to the caller until the next call.</para>
/// <para>When memory or places run out, the datagram that has waited longest gives way: on a device whose kernel queue drops packets,
/// incomplete datagrams pile up, and refusing new ones would stop all fragmented traffic until the old ones time out.</para>
/// </remarks>
public sealed class Reassembler
{
    /// <summary>How long IPv4 fragments wait for each other (RFC 1122 section 3.3.2: 60 to 120 s).</summary>
    public const long TimeoutV4Micros = 60_000_000;

    /// <summary>How long IPv6 fragments wait for each other (RFC 8200 section 4.5).</summary>
    public const long TimeoutV6Micros = 60_000_000;

    private readonly Dictionary<FragmentKey, PartialDatagram> _datagrams = [];
    private readonly LinkedList<PartialDatagram> _oldestFirst = [];
    private readonly Stack<PartialDatagram> _spares = [];
    private readonly ArrayPool<byte> _pool;
    private readonly int _maxDatagrams;
    private readonly IReassemblyBudget? _budget;
    private byte[]? _lent;

    /// <summary>Makes an empty one.</summary>
    /// <param name="maxBytes">The most buffer space that incomplete datagrams may take together.</param>
    /// <param name="maxDatagrams">The most incomplete datagrams.</param>
    /// <param name="pool">Where buffers come from; the shared pool when null.</param>
    /// <param name="budget">What this reassembler shares with others, beside its own bound.</param>
    public Reassembler(long maxBytes = 4 << 20, int maxDatagrams = 256, ArrayPool<byte>? pool = null, IReassemblyBudget? budget = null)
    {
        _budget = budget;
        ArgumentOutOfRangeException.ThrowIfLessThan(maxDatagrams, 1);
        MaxBytes = maxBytes;
        _maxDatagrams = maxDatagrams;
        _pool = pool ?? ArrayPool<byte>.Shared;
    }

    /// <summary>The incomplete datagrams, condemned ones included.</summary>
    public int Count => _datagrams.Count;

    /// <summary>The buffer space that they take, in bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>The most buffer space that they may take. A lower bound counts from the next fragment on.</summary>
    public long MaxBytes { get; set; }

    /// <summary>How many incomplete datagrams had to give way to newer ones.</summary>
    public long Evicted { get; private set; }

    /// <summary>When <see cref="TryExpire"/> should be called next.</summary>
    public Instant NextDeadline
    {
        get
        {
            Instant next = Instant.Never;
            foreach (PartialDatagram datagram in _oldestFirst)
            {
                next = Instant.Min(next, datagram.Deadline);
            }

            return next;
        }
    }

    /// <summary>Takes a fragment.</summary>
    /// <param name="packet">The packet that holds it.</param>
    /// <param name="fragment">The same, parsed with a result of Fragment.</param>
    /// <param name="now">The time.</param>
    /// <param name="whole">
    /// When Complete: the packet as if it had never been fragmented, ready for the parser; lent until the next call. Should the parser find
    /// a fragment in it again, drop it: nobody sends such packets but to cause trouble.
    /// </param>
    public ReassemblyResult Add(ReadOnlySpan<byte> packet, in ParsedPacket fragment, Instant now, out ReadOnlySpan<byte> whole)
    {
        System.Diagnostics.Debug.Assert(fragment.IsFragment, "only fragments are reassembled");
        whole = default;
        ReturnLent();
        PartialDatagram datagram = FindOrStart(in fragment, now);
        if (datagram.Verdict != ReassemblyResult.Held)
        {
            return datagram.Verdict;
        }

        ReadOnlySpan<byte> data = fragment.Payload(packet);
        ReassemblyResult result = datagram.Judge(fragment.FragmentOffset, data, !fragment.MoreFragments);
        if (result == ReassemblyResult.Held && fragment.FragmentOffset == 0 && fragment.TransportOffset > PartialDatagram.Headroom)
        {
            result = ReassemblyResult.TooLarge;
        }

        if (result == ReassemblyResult.Held && !TryReserve(datagram, fragment.FragmentOffset + data.Length))
        {
            result = ReassemblyResult.Limit;
        }

        if (result != ReassemblyResult.Held)
        {
            if (result != ReassemblyResult.Duplicate)
            {
                Release(datagram.Condemn(result));
            }

            return result;
        }

        datagram.Add(fragment.FragmentOffset, data, !fragment.MoreFragments);
        if (fragment.FragmentOffset == 0)
        {
            datagram.AddHeader(packet[..fragment.TransportOffset], data.Length);
        }

        return datagram.IsComplete ? Finish(datagram, out whole) : ReassemblyResult.Held;
    }

    /// <summary>Gives up one datagram whose time has come; call until it says no.</summary>
    /// <param name="now">The time.</param>
    /// <param name="firstFragment">
    /// The first fragment as it came in, for the "time exceeded" that RFC 1122 section 3.3.2 and RFC 8200 section 4.5 ask for; empty when
    /// it never came. Lent until the next call.
    /// </param>
    public bool TryExpire(Instant now, out ReadOnlySpan<byte> firstFragment)
    {
        firstFragment = default;
        ReturnLent();
        foreach (PartialDatagram datagram in _oldestFirst)
        {
            if (datagram.Deadline > now)
            {
                continue;
            }

            if (datagram.HeaderLength != 0)
            {
                int start = PartialDatagram.Headroom - datagram.HeaderLength;
                int length = datagram.HeaderLength + datagram.FirstFragmentEnd;
                firstFragment = Lend(datagram).AsSpan(start, length);
            }

            Remove(datagram);
            return true;
        }

        return false;
    }

    /// <summary>Gives up everything that is incomplete, without a word.</summary>
    public void Clear()
    {
        ReturnLent();
        while (_oldestFirst.First is { } oldest)
        {
            Remove(oldest.Value);
        }

        _spares.Clear();
    }

    private PartialDatagram FindOrStart(in ParsedPacket fragment, Instant now)
    {
        FragmentKey key = new(fragment.Source, fragment.Destination, fragment.FragmentId, fragment.IsV4 ? fragment.Protocol : (byte)0);
        if (_datagrams.TryGetValue(key, out PartialDatagram? datagram))
        {
            if (datagram.Deadline > now)
            {
                return datagram;
            }

            Remove(datagram);
        }

        if (_datagrams.Count >= _maxDatagrams)
        {
            EvictOldest();
        }

        datagram = _spares.TryPop(out PartialDatagram? spare) ? spare : new PartialDatagram();
        datagram.Start(in key, now + (fragment.IsV4 ? TimeoutV4Micros : TimeoutV6Micros));
        _datagrams.Add(key, datagram);
        _oldestFirst.AddLast(datagram.Node);
        return datagram;
    }

    private bool TryReserve(PartialDatagram datagram, int end)
    {
        int needed = PartialDatagram.Headroom + end;
        int had = datagram.Buffer?.Length ?? 0;
        if (needed <= had)
        {
            return true;
        }

        // Doubling keeps fragments that come in order from being copied again and again; the pool rounds up to powers of two as it is.
        byte[] larger = _pool.Rent(Math.Max(needed, Math.Min(2 * had, PartialDatagram.Headroom + ushort.MaxValue)));
        int more = larger.Length - had;
        while (!TryTake(more))
        {
            if (!EvictOldestBut(datagram))
            {
                _pool.Return(larger);
                return false;
            }
        }

        datagram.Grow(larger, _pool);
        return true;
    }

    private bool TryTake(int bytes)
    {
        if (Bytes + bytes > MaxBytes || _budget?.TryTake(bytes) == false)
        {
            return false;
        }

        Bytes += bytes;
        return true;
    }

    private void GiveBack(int bytes)
    {
        Bytes -= bytes;
        _budget?.Return(bytes);
    }

    private ReassemblyResult Finish(PartialDatagram datagram, out ReadOnlySpan<byte> whole)
    {
        whole = default;
        Span<byte> header = datagram.Header;
        bool v4 = header[0] >> 4 == 4;
        int start = PartialDatagram.Headroom - header.Length + (v4 ? 0 : Ipv6ExtensionChain.FragmentHeaderLength);
        int length = PartialDatagram.Headroom - start + datagram.Length;
        if (length - (v4 ? 0 : Ipv6Header.Length) > ushort.MaxValue)
        {
            Release(datagram.Condemn(ReassemblyResult.TooLarge));
            return ReassemblyResult.TooLarge;
        }

        if (v4)
        {
            RebuildV4(header, length);
        }
        else
        {
            RebuildV6(header, length);
        }

        whole = Lend(datagram).AsSpan(start, length);
        Remove(datagram);
        return ReassemblyResult.Complete;
    }

    private static void RebuildV4(Span<byte> header, int length)
    {
        BinaryPrimitives.WriteUInt16BigEndian(header[Ipv4Header.TotalLengthOffset..], (ushort)length);
        header[Ipv4Header.FragmentOffsetOffset] &= Ipv4Header.DontFragmentBit >> 8;
        header[Ipv4Header.FragmentOffsetOffset + 1] = 0;
        Ipv4Header.UpdateChecksum(header);
    }

    // RFC 8200 section 4.5: the header that announced the fragment header announces what followed it.
    private static void RebuildV6(Span<byte> header, int length)
    {
        ParseResult walked = Ipv6ExtensionChain.Walk(header, out Ipv6ExtensionChain chain);
        System.Diagnostics.Debug.Assert(walked == ParseResult.Fragment, "it was a fragment when it came in");
        BinaryPrimitives.WriteUInt16BigEndian(header[Ipv6Header.PayloadLengthOffset..], (ushort)(length - Ipv6Header.Length));
        header[chain.FragmentAnnouncementOffset] = chain.Protocol;
        header[..chain.FragmentHeaderOffset].CopyTo(header[Ipv6ExtensionChain.FragmentHeaderLength..]);
    }

    private void EvictOldest()
    {
        Evicted++;
        Remove(_oldestFirst.First!.Value);
    }

    private bool EvictOldestBut(PartialDatagram keep)
    {
        LinkedListNode<PartialDatagram>? node = _oldestFirst.First;

        // Condemned datagrams take no memory: losing one would only let its late fragments in again.
        while (node is not null && (node.Value == keep || node.Value.Buffer is null))
        {
            node = node.Next;
        }

        if (node is null)
        {
            return false;
        }

        Evicted++;
        Remove(node.Value);
        return true;
    }

    private byte[]? Lend(PartialDatagram datagram)
    {
        _lent = datagram.TakeBuffer();
        GiveBack(_lent?.Length ?? 0);
        return _lent;
    }

    private void ReturnLent()
    {
        if (_lent is { } lent)
        {
            _lent = null;
            _pool.Return(lent);
        }
    }

    private void Release(byte[]? buffer)
    {
        if (buffer is not null)
        {
            GiveBack(buffer.Length);
            _pool.Return(buffer);
        }
    }

    private void Remove(PartialDatagram datagram)
    {
        Release(datagram.TakeBuffer());
        _datagrams.Remove(datagram.Key);
        _oldestFirst.Remove(datagram.Node);
        _spares.Push(datagram);
    }
}
