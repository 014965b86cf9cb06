using System.Runtime.CompilerServices;
using NetControl.Stack.Tcp;

namespace NetControl.Stack.Wire;

/// <summary>Renders a packet as one line of text, for tests that compare conversations and for diagnosis.</summary>
/// <remarks>
/// <c>10.77.0.1:4000 > 198.18.0.1:80 tcp S seq 100 win 64240 &lt;mss 1460,ws 7,sackOK,ts 1/0&gt;</c>.
/// Flags are written as in tcpdump: F S R P and a dot for ACK, then U E W. What is absent or zero length is left out.
/// </remarks>
public static class PacketText
{
    private const string FlagLetters = "FSRP.UEW";

    /// <summary>The text of any bytes; a packet that is not sound says so at the end of the line.</summary>
    /// <param name="packet">One packet, from its IP header on.</param>
    /// <param name="trust">With <see cref="ChecksumTrust.KernelVouches"/> the transport checksum is not looked at.</param>
    public static string Format(ReadOnlySpan<byte> packet, ChecksumTrust trust = ChecksumTrust.Verify)
    {
        ParseResult result = ParsedPacket.TryParse(packet, trust, out ParsedPacket parsed);
        if (result == ParseResult.BadChecksum)
        {
            // A bad IPv4 header checksum leaves only the addresses.
            return ParsedPacket.TryParse(packet, ChecksumTrust.KernelVouches, out parsed) == ParseResult.Ok
                ? $"{Format(in parsed)} (bad checksum)"
                : $"{parsed.Source} > {parsed.Destination} proto {parsed.Protocol} (bad header checksum)";
        }

        return result switch
        {
            ParseResult.Ok => Format(in parsed),
            ParseResult.Fragment => FormatFragment(in parsed),
            ParseResult.Martian => $"{parsed.Source} > {parsed.Destination} proto {parsed.Protocol} (martian)",
            ParseResult.UnsupportedProtocol =>
                $"{parsed.Source} > {parsed.Destination} proto {parsed.Protocol} len {parsed.PayloadLength} (unsupported)",
            _ => $"len {packet.Length} (malformed)",
        };
    }

    /// <summary>The text of a packet that was parsed with a result of Ok.</summary>
    public static string Format(in ParsedPacket packet) => packet.Protocol switch
    {
        IpProtocol.Tcp => FormatTcp(in packet),
        IpProtocol.Udp => $"{packet.From} > {packet.To} udp len {packet.PayloadLength}",
        IpProtocol.Icmp => $"{packet.Source} > {packet.Destination} icmp {IcmpWords(in packet)}",
        _ => $"{packet.Source} > {packet.Destination} icmp6 {IcmpWords(in packet)}",
    };

    /// <summary>The letters of the control bits, <c>S.</c> for SYN and ACK.</summary>
    public static string FormatFlags(TcpFlags flags)
    {
        Span<char> letters = stackalloc char[FlagLetters.Length];
        int count = 0;
        for (int bit = 0; bit < FlagLetters.Length; bit++)
        {
            if (((int)flags & (1 << bit)) != 0)
            {
                letters[count++] = FlagLetters[bit];
            }
        }

        return count == 0 ? "none" : new string(letters[..count]);
    }

    private static string FormatTcp(in ParsedPacket packet)
    {
        DefaultInterpolatedStringHandler text = new(0, 0);
        text.AppendLiteral($"{packet.From} > {packet.To} tcp {FormatFlags(packet.Flags)} seq {packet.Seq}");
        if (packet.Flags.HasFlag(TcpFlags.Ack))
        {
            text.AppendLiteral($" ack {packet.Ack}");
        }

        text.AppendLiteral($" win {packet.Window}");
        if (packet.Flags.HasFlag(TcpFlags.Urg))
        {
            text.AppendLiteral($" urg {packet.Urgent}");
        }

        if (packet.PayloadLength > 0)
        {
            text.AppendLiteral($" len {packet.PayloadLength}");
        }

        string options = FormatOptions(in packet.Options);
        if (options.Length > 0)
        {
            text.AppendLiteral($" <{options}>");
        }

        return text.ToStringAndClear();
    }

    private static string FormatOptions(in TcpOptions options)
    {
        List<string> words = [];
        if (options.Mss != 0)
        {
            words.Add($"mss {options.Mss}");
        }

        if (options.WindowScale >= 0)
        {
            words.Add($"ws {options.WindowScale}");
        }

        if (options.SackPermitted)
        {
            words.Add("sackOK");
        }

        if (options.HasTimestamps)
        {
            words.Add($"ts {options.TsVal}/{options.TsEcr}");
        }

        for (int i = 0; i < options.SackCount; i++)
        {
            (SequenceNumber left, SequenceNumber right) = options.GetSack(i);
            words.Add($"sack {left}-{right}");
        }

        return string.Join(',', words);
    }

    private static string FormatFragment(in ParsedPacket packet)
    {
        string more = packet.MoreFragments ? " more" : "";
        return $"{packet.Source} > {packet.Destination} proto {packet.Protocol} fragment id {packet.FragmentId}"
            + $" offset {packet.FragmentOffset} len {packet.PayloadLength}{more}";
    }

    private static string IcmpWords(in ParsedPacket packet) => (packet.IsV4, packet.IcmpType) switch
    {
        (true, 8) or (false, 128) => $"echo request {Echo(in packet)}",
        (true, 0) or (false, 129) => $"echo reply {Echo(in packet)}",
        (true, 3) when packet.IcmpCode == 4 => $"too big mtu {packet.IcmpRest & 0xFFFF}",
        (false, 2) => $"too big mtu {packet.IcmpRest}",
        (true, 3) or (false, 1) => $"unreachable code {packet.IcmpCode}",
        (true, 11) or (false, 3) => $"time exceeded code {packet.IcmpCode}",
        _ => $"type {packet.IcmpType} code {packet.IcmpCode}",
    };

    private static string Echo(in ParsedPacket packet)
    {
        string length = packet.PayloadLength > 0 ? $" len {packet.PayloadLength}" : "";
        return $"id {packet.IcmpRest >> 16} seq {packet.IcmpRest & 0xFFFF}{length}";
    }
}
