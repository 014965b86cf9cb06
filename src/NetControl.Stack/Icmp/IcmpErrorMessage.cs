using System.Buffers.Binary;
using NetControl.Network;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;

namespace NetControl.Stack.Icmp;

/// <summary>An ICMP or ICMPv6 error that came in: what it says, and which packet of whom it is about.</summary>
/// <remarks>
/// Anybody can send such a message. Before a connection believes it, <see cref="TcpSequence"/> must lie within what is in flight
/// (RFC 5927).
/// </remarks>
public readonly struct IcmpErrorMessage
{
    private const int QuotedTransportBytes = 8;

    private IcmpErrorMessage(IcmpErrorKind kind, byte code, UnreachableReason reason, int mtu, FlowKey flow, SequenceNumber tcpSequence)
    {
        Kind = kind;
        Code = code;
        Reason = reason;
        Mtu = mtu;
        Flow = flow;
        TcpSequence = tcpSequence;
    }

    /// <summary>What it reports.</summary>
    public IcmpErrorKind Kind { get; }

    /// <summary>The code as it stands, by the numbers of the family.</summary>
    public byte Code { get; }

    /// <summary>Why, when <see cref="Kind"/> is <see cref="IcmpErrorKind.Unreachable"/>.</summary>
    public UnreachableReason Reason { get; }

    /// <summary>Whether it is what RFC 9293 3.9.2.2 calls a hard error: no such protocol or port, in IPv6 also "prohibited".</summary>
    public bool IsHard => Kind == IcmpErrorKind.Unreachable && (Flow.Source.IsV4 ? Code is 2 or 3 : Code is 1 or 4);

    /// <summary>The next hop's MTU, when <see cref="Kind"/> is <see cref="IcmpErrorKind.TooBig"/>; 0 from old routers.</summary>
    public int Mtu { get; }

    /// <summary>The quoted packet's flow, as its sender wrote it; the ports are 0 unless it is TCP or UDP.</summary>
    public FlowKey Flow { get; }

    /// <summary>The quoted sequence number, when the quoted packet is TCP.</summary>
    public SequenceNumber TcpSequence { get; }

    /// <summary>Reads an error from a packet; says no when it is none or quotes too little.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="parsed">The same, parsed with a result of Ok.</param>
    /// <param name="message">What it says.</param>
    public static bool TryParse(ReadOnlySpan<byte> packet, in ParsedPacket parsed, out IcmpErrorMessage message)
    {
        message = default;
        bool isIcmp = parsed.Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6;
        if (!isIcmp || !TryReadKind(in parsed, out IcmpErrorKind kind, out UnreachableReason reason, out int mtu))
        {
            return false;
        }

        if (!TryReadQuote(parsed.Payload(packet), parsed.Version, out FlowKey flow, out SequenceNumber sequence))
        {
            return false;
        }

        message = new IcmpErrorMessage(kind, parsed.IcmpCode, reason, mtu, flow, sequence);
        return true;
    }

    private static bool TryReadKind(in ParsedPacket packet, out IcmpErrorKind kind, out UnreachableReason reason, out int mtu)
    {
        mtu = 0;
        reason = packet.IsV4 ? ReasonV4(packet.IcmpCode) : ReasonV6(packet.IcmpCode);
        switch (packet.IsV4, packet.IcmpType)
        {
            case (true, IcmpTypes.UnreachableV4) when packet.IcmpCode == IcmpTypes.FragmentationNeededCode:
                kind = IcmpErrorKind.TooBig;
                mtu = (ushort)packet.IcmpRest;
                return true;
            case (false, IcmpTypes.TooBigV6):
                kind = IcmpErrorKind.TooBig;
                mtu = (int)Math.Min(packet.IcmpRest, int.MaxValue);
                return true;
            case (true, IcmpTypes.UnreachableV4) or (false, IcmpTypes.UnreachableV6):
                kind = IcmpErrorKind.Unreachable;
                return true;
            case (true, IcmpTypes.TimeExceededV4) or (false, IcmpTypes.TimeExceededV6):
                kind = IcmpErrorKind.TimeExceeded;
                return true;
            case (true, IcmpTypes.ParameterProblemV4) or (false, IcmpTypes.ParameterProblemV6):
                kind = IcmpErrorKind.ParameterProblem;
                return true;
            default:
                kind = default;
                return false;
        }
    }

    // The quote is cut short and its checksums may be stale, so it is not a packet that the strict parser would take.
    private static bool TryReadQuote(ReadOnlySpan<byte> quote, byte version, out FlowKey flow, out SequenceNumber sequence)
    {
        flow = default;
        sequence = default;
        if (!TryFindQuotedTransport(quote, version, out IpAddr source, out IpAddr destination, out byte protocol, out int at)
            || quote.Length - at < QuotedTransportBytes)
        {
            return false;
        }

        ReadOnlySpan<byte> transport = quote[at..];
        bool hasPorts = protocol is IpProtocol.Tcp or IpProtocol.Udp;
        uint ports = hasPorts ? BinaryPrimitives.ReadUInt32BigEndian(transport) : 0;
        flow = new FlowKey(protocol, source, (ushort)(ports >> 16), destination, (ushort)ports);
        if (protocol == IpProtocol.Tcp)
        {
            sequence = new SequenceNumber(BinaryPrimitives.ReadUInt32BigEndian(transport[TcpHeader.SequenceOffset..]));
        }

        return true;
    }

    private static bool TryFindQuotedTransport(
        ReadOnlySpan<byte> quote, byte version, out IpAddr source, out IpAddr destination, out byte protocol, out int at)
    {
        source = destination = default;
        protocol = 0;
        at = 0;
        if (version == 4)
        {
            if (!Ipv4Header.TryParse(quote, out Ipv4Header v4) || v4.FragmentOffset != 0)
            {
                return false;
            }

            (source, destination, protocol, at) = (v4.Source, v4.Destination, v4.Protocol, v4.Length);
            return true;
        }

        if (!Ipv6Header.TryParse(quote, out Ipv6Header v6))
        {
            return false;
        }

        ParseResult walked = Ipv6ExtensionChain.Walk(quote, out Ipv6ExtensionChain chain);
        (source, destination, protocol, at) = (v6.Source, v6.Destination, chain.Protocol, chain.Offset);

        // A first fragment shows the transport, unless more extension headers stand in between.
        return walked == ParseResult.Ok || (walked == ParseResult.Fragment && chain.FragmentOffset == 0);
    }

    private static UnreachableReason ReasonV4(byte code) => code switch
    {
        1 or 7 or 8 or 12 => UnreachableReason.Host,
        2 or 3 => UnreachableReason.Port,
        9 or 10 or 13 or 14 or 15 => UnreachableReason.Prohibited,
        _ => UnreachableReason.Network,
    };

    private static UnreachableReason ReasonV6(byte code) => code switch
    {
        1 or 5 or 6 => UnreachableReason.Prohibited,
        3 => UnreachableReason.Host,
        4 => UnreachableReason.Port,
        _ => UnreachableReason.Network,
    };
}
