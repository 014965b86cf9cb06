using NetControl.Fuzz.Machine;
using NetControl.Network;
using NetControl.Stack.Icmp;
using NetControl.Stack.Wire;
using NetControl.Testing;
using static NetControl.Fuzz.Machine.BrokenPromiseException;

namespace NetControl.Fuzz.Targets;

/// <summary>The IPv4, IPv6, TCP, UDP and ICMP parsers, and the writers of ICMP that quote what was parsed.</summary>
/// <remarks>The first byte says whether the checksums are put right; the rest is a packet.</remarks>
internal sealed class PacketTarget : IFuzzTarget
{
    private static readonly IpAddr s_own = IpAddr.Parse("fd99::1");
    private readonly byte[] _packet = new byte[FuzzRun.MaxInput];
    private readonly byte[] _room = new byte[FuzzRun.MaxInput + 64];

    public IEnumerable<(string Name, byte[] Input)> Seeds() => SamplePackets.All().Select(sample => (sample.Name, (byte[])[1, .. sample.Packet]));

    public void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
        {
            return;
        }

        Span<byte> packet = _packet.AsSpan(0, input.Length - 1);
        input[1..].CopyTo(packet);
        if ((input[0] & 1) != 0)
        {
            SamplePackets.Repair(packet);
        }

        Check(packet, ChecksumTrust.Verify);
        Check(packet, ChecksumTrust.KernelVouches);
    }

    private void Check(ReadOnlySpan<byte> packet, ChecksumTrust trust)
    {
        ParseResult result = ParsedPacket.TryParse(packet, trust, out ParsedPacket parsed);
        _ = PacketText.Format(packet, trust);
        if (parsed.Problem != IpProblem.None)
        {
            CheckAnswer(IcmpErrors.WriteProblem(_room, packet, parsed.IsMulticastDestination ? s_own : default));
        }

        if (result is not (ParseResult.Ok or ParseResult.Fragment or ParseResult.UnsupportedProtocol))
        {
            return;
        }

        Unless(
            parsed.TransportOffset >= 20 && parsed.TransportOffset <= parsed.PayloadOffset && parsed.PayloadLength >= 0
                && parsed.PayloadOffset + parsed.PayloadLength <= parsed.TotalLength && parsed.TotalLength <= packet.Length,
            "every offset lies in the packet");
        Unless(parsed.IsFragment == (result == ParseResult.Fragment), "a fragment is one by its result and by its fields");
        CheckAnswer(IcmpErrors.WriteUnreachable(_room, packet, UnreachableReason.Port));
        CheckAnswer(IcmpErrors.WriteTooBig(_room, packet, 1280));
        CheckAnswer(IcmpErrors.WriteTimeExceeded(_room, packet, duringReassembly: true));
        if (result != ParseResult.Ok)
        {
            return;
        }

        _ = parsed.Payload(packet).Length;
        _ = PacketText.Format(parsed);
        if (IcmpErrorMessage.TryParse(packet, parsed, out IcmpErrorMessage message))
        {
            Unless(Enum.IsDefined(message.Kind) && Enum.IsDefined(message.Reason), "an error message is of a kind that there is");
        }
        else if (IcmpReplies.IsEchoRequest(parsed))
        {
            int length = IcmpReplies.WriteEchoReply(_room, packet, parsed);
            Unless(length > 0 && length <= packet.Length, "an echo is no longer than its request");
            CheckAnswer(length);
        }
    }

    private void CheckAnswer(int length)
    {
        if (length != 0)
        {
            // What was sent to 240.0.0.0/4 is answered from there, and nobody may believe that (RFC 6890).
            ParseResult result = ParsedPacket.TryParse(_room.AsSpan(0, length), ChecksumTrust.Verify, out _);
            Unless(
                result == ParseResult.Ok || (result == ParseResult.Martian && _room[0] == 0x45 && _room[12] >= 240),
                $"our own answer is a valid packet, not {result}");
        }
    }
}
