using NetControl.Network;
using NetControl.Stack.Wire;

namespace NetControl.Stack.Icmp;

/// <summary>Writes the ICMP and ICMPv6 messages that tell a client why its packet went no further.</summary>
/// <remarks>
/// Every writer returns the length, or 0 when the packet must not be answered: an error itself, a fragment other than the first, a packet
/// to or from a group, or from nobody (RFC 1122 section 3.2.2, RFC 4443 section 2.4e). The message comes from the address that the packet
/// was for unless
/// another source is given. As much of the packet is quoted as RFC 1812 (576 bytes in all) and RFC 4443 (1,280) allow, less when the
/// destination is smaller. Limiting the rate is the caller's part.
/// </remarks>
public static class IcmpErrors
{
    /// <summary>The longest message that is written.</summary>
    public const int MaxLength = MaxLengthV6;

    private const int MaxLengthV4 = 576;
    private const int MaxLengthV6 = 1280;

    // RFC 1812 section 4.3.2.5: the precedence of errors.
    private const byte InternetworkControl = 0xC0;

    /// <summary>"Destination unreachable", for a reason that both families know.</summary>
    public static int WriteUnreachable(
        Span<byte> destination, ReadOnlySpan<byte> offendingPacket, UnreachableReason reason, IpAddr source = default)
    {
        if (!MayAnswer(offendingPacket, out ParsedPacket packet))
        {
            return 0;
        }

        (byte type, byte code) = packet.IsV4
            ? (IcmpTypes.UnreachableV4, UnreachableCodeV4(reason))
            : (IcmpTypes.UnreachableV6, UnreachableCodeV6(reason));
        return Write(destination, offendingPacket, in packet, source, type, code, rest: 0);
    }

    /// <summary>"Port unreachable" and its kin for a datagram whose bytes are gone: headers like the client's are quoted.</summary>
    /// <param name="destination">At least 96 bytes.</param>
    /// <param name="client">Who sent the datagram.</param>
    /// <param name="remote">Whom it was for; the message seems to come from there.</param>
    /// <param name="reason">What upstream said.</param>
    public static int WriteUdpUnreachable(Span<byte> destination, AddrPort client, AddrPort remote, UnreachableReason reason)
    {
        Span<byte> quote = stackalloc byte[UdpPacket.MaxHeadersLength];
        int length = UdpPacket.Write(quote, client, remote, payload: default);
        return WriteUnreachable(destination, quote[..length], reason);
    }

    /// <summary>"Destination unreachable" about a packet that is gone, but for its beginning, which was kept when it came in.</summary>
    /// <param name="destination">At least as long as the quote and 48 bytes.</param>
    /// <param name="client">Who sent the packet.</param>
    /// <param name="remote">Whom it was for; the message seems to come from there.</param>
    /// <param name="reason">What upstream said.</param>
    /// <param name="quote">The packet's beginning as it came in, at most <see cref="MaxQuote"/> bytes.</param>
    public static int WriteUnreachable(Span<byte> destination, IpAddr client, IpAddr remote, UnreachableReason reason, ReadOnlySpan<byte> quote) =>
        client.IsV4
            ? IcmpPacket.Write(destination, remote, client, IcmpTypes.UnreachableV4, UnreachableCodeV4(reason), rest: 0, quote, InternetworkControl)
            : IcmpPacket.Write(destination, remote, client, IcmpTypes.UnreachableV6, UnreachableCodeV6(reason), rest: 0, quote);

    /// <summary>How much of a packet a message quotes at most.</summary>
    public static int MaxQuote(bool isV4) =>
        isV4 ? MaxLengthV4 - Ipv4Header.MinLength - IcmpHeader.Length : MaxLengthV6 - Ipv6Header.Length - IcmpHeader.Length;

    /// <summary>"Packet too big" (RFC 4443 section 3.2), in IPv4 "fragmentation needed and DF set" (RFC 1191 section 4).</summary>
    public static int WriteTooBig(Span<byte> destination, ReadOnlySpan<byte> offendingPacket, int mtu, IpAddr source = default)
    {
        if (!MayAnswer(offendingPacket, out ParsedPacket packet))
        {
            return 0;
        }

        return packet.IsV4
            ? Write(
                destination,
                offendingPacket,
                in packet,
                source,
                IcmpTypes.UnreachableV4,
                IcmpTypes.FragmentationNeededCode,
                (uint)Math.Min(mtu, ushort.MaxValue))
            : Write(destination, offendingPacket, in packet, source, IcmpTypes.TooBigV6, code: 0, (uint)mtu);
    }

    /// <summary>"Time exceeded": the hops in transit, or the wait for the rest of the fragments.</summary>
    public static int WriteTimeExceeded(
        Span<byte> destination, ReadOnlySpan<byte> offendingPacket, bool duringReassembly, IpAddr source = default)
    {
        if (!MayAnswer(offendingPacket, out ParsedPacket packet))
        {
            return 0;
        }

        byte type = packet.IsV4 ? IcmpTypes.TimeExceededV4 : IcmpTypes.TimeExceededV6;
        return Write(destination, offendingPacket, in packet, source, type, code: (byte)(duringReassembly ? 1 : 0), rest: 0);
    }

    /// <summary>What the parser found wrong: "parameter problem", or "protocol unreachable" in IPv4 (RFC 1122 section 3.2.2.1).</summary>
    /// <remarks>
    /// One problem is told to the sender of a packet to a group too (RFC 4443 section 2.4 e.3): then a source must be given, because
    /// a group cannot be one.
    /// </remarks>
    public static int WriteProblem(Span<byte> destination, ReadOnlySpan<byte> offendingPacket, IpAddr source = default)
    {
        if (!MayAnswer(offendingPacket, out ParsedPacket packet, source) || packet.Problem == IpProblem.None)
        {
            return 0;
        }

        (byte type, byte code, uint rest) = packet.Problem switch
        {
            IpProblem.Protocol => (IcmpTypes.UnreachableV4, IcmpTypes.ProtocolUnreachableCode, 0u),
            _ when packet.IsV4 => (IcmpTypes.ParameterProblemV4, (byte)0, (uint)packet.ProblemPointer << 24),
            IpProblem problem => (IcmpTypes.ParameterProblemV6, ProblemCodeV6(problem), (uint)packet.ProblemPointer),
        };
        return Write(destination, offendingPacket, in packet, source, type, code, rest);
    }

    private static bool MayAnswer(ReadOnlySpan<byte> packet, out ParsedPacket parsed, IpAddr source = default)
    {
        // The transport checksum was judged when the packet came in, or was the kernel's to fill in.
        ParseResult result = ParsedPacket.TryParse(packet, ChecksumTrust.KernelVouches, out parsed);
        bool readable = result is ParseResult.Ok or ParseResult.UnsupportedProtocol or ParseResult.Fragment
            || parsed.Problem != IpProblem.None;
        bool forAll = parsed.Problem == IpProblem.OptionForAll && !source.IsUnspecified;
        if (!readable || parsed.Source.IsUnspecified || (parsed.IsMulticastDestination && !forAll))
        {
            return false;
        }

        // RFC 1122 section 3.2.2. IPv6 has no such rule, and RFC 8200 section 4.5 wants fragments reported whose own header is wrong.
        bool isIcmp = parsed.Protocol == (parsed.IsV4 ? IpProtocol.Icmp : IpProtocol.IcmpV6);
        if (parsed.FragmentOffset != 0)
        {
            return !parsed.IsV4 && !isIcmp && parsed.Problem != IpProblem.None;
        }

        // A first fragment may be so short that the type is not in it; then nobody knows whether it is an error.
        return !isIcmp || (parsed.TransportOffset < parsed.TotalLength && !IcmpTypes.IsError(parsed.IsV4, packet[parsed.TransportOffset]));
    }

    private static int Write(
        Span<byte> destination, ReadOnlySpan<byte> offending, in ParsedPacket packet, IpAddr source, byte type, byte code, uint rest)
    {
        int headers = IpPacket.HeaderLength(packet.Source) + IcmpHeader.Length;
        int limit = Math.Min(destination.Length, packet.IsV4 ? MaxLengthV4 : MaxLengthV6) - headers;
        if (limit < 0)
        {
            return 0;
        }

        IpAddr from = source.IsUnspecified ? packet.Destination : source;
        ReadOnlySpan<byte> quote = offending[..Math.Min(limit, packet.TotalLength)];
        return IcmpPacket.Write(destination, from, packet.Source, type, code, rest, quote, packet.IsV4 ? InternetworkControl : (byte)0);
    }

    private static byte ProblemCodeV6(IpProblem problem) => problem switch
    {
        IpProblem.NextHeader => 1,
        IpProblem.Option or IpProblem.OptionForAll => 2,
        IpProblem.IncompleteChain => 3,
        IpProblem.TooManyExtensions => 8,
        _ => 0,
    };

    private static byte UnreachableCodeV4(UnreachableReason reason) => reason switch
    {
        UnreachableReason.Network => 0,
        UnreachableReason.Host => 1,
        UnreachableReason.Port => 3,
        _ => 13,
    };

    private static byte UnreachableCodeV6(UnreachableReason reason) => reason switch
    {
        UnreachableReason.Network => 0,
        UnreachableReason.Host => 3,
        UnreachableReason.Port => 4,
        _ => 1,
    };
}
