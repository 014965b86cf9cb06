using NetControl.Engine.Devices;
using NetControl.Network;
using NetControl.Stack.Icmp;
using NetControl.Stack.Wire;

namespace NetControl.Engine.Flows;

/// <content>ICMP in both directions.</content>
internal sealed partial class FlowTable
{
    private DropReason OnIcmp(ReadOnlySpan<byte> packet, in ParsedPacket parsed)
    {
        if (parsed.IsMulticastDestination || IsOurBroadcast(parsed))
        {
            return parsed.Protocol == IpProtocol.IcmpV6 ? DropReason.Ignored : DropReason.Multicast;
        }

        if (IcmpReplies.IsEchoRequest(parsed))
        {
            byte[] room = _context.LargePacket;
            int length = IcmpReplies.WriteEchoReply(room, packet, parsed);
            length = IcmpReplies.AddOptions(room, length, packet, parsed, _queue.Device.Mtu, (uint)DateTime.UtcNow.TimeOfDay.TotalMilliseconds);
            if (length > _queue.Device.Mtu)
            {
                _queue.SendFragments(room.AsSpan(0, length));
            }
            else
            {
                _queue.SendPacket(room.AsSpan(0, length));
            }

            return DropReason.None;
        }

        if (IcmpErrorMessage.TryParse(packet, parsed, out IcmpErrorMessage error))
        {
            // The kernel steers such a message by its own addresses, not by the flow it speaks of.
            FlowKey flow = error.Flow.Reversed;
            if (error.Flow.Protocol == IpProtocol.Tcp && !_tcp.ContainsKey(flow) && IsElsewhere(flow, out PacketQueue? owner))
            {
                return HandOff(owner, packet);
            }

            OnIcmpError(error);
            return DropReason.None;
        }

        return DropReason.Ignored; // RFC 1122 section 3.2.2, RFC 4443 section 2.4 b: unknown messages are dropped in silence
    }

    /// <summary>The client's side could not deliver a packet of ours: the quoted source is the remote, the quoted destination the client.</summary>
    private void OnIcmpError(in IcmpErrorMessage error)
    {
        if (error.Kind == IcmpErrorKind.TooBig && error.Flow.Protocol == IpProtocol.Tcp && _tcp.TryGetValue(error.Flow.Reversed, out TcpFlow? large))
        {
            large.OnClientPathMtu(error.Mtu, error.TcpSequence);
        }

        // RFC 9293 3.9.2.2: soft errors must not abort.
        if (error.IsHard && error.Flow.Protocol == IpProtocol.Tcp && _tcp.TryGetValue(error.Flow.Reversed, out TcpFlow? flow))
        {
            flow.OnClientUnreachable(error.TcpSequence);
        }

        // RFC 4787 REQ-12: no ICMP ends a UDP session, not even its own application's "port unreachable".
    }

    private DropReason OnRefused(ReadOnlySpan<byte> packet, in ParsedPacket parsed, ParseResult result)
    {
        if (parsed.Problem != IpProblem.None && !IsOurBroadcast(parsed))
        {
            // Only a report about a packet to a group needs an address of ours; any other comes from where the packet was for.
            IpAddr source = parsed.IsMulticastDestination ? _queue.Device.Subnets.OwnV6 : default;
            int length = IcmpErrors.WriteProblem(_context.SmallPacket, packet, source);
            _queue.SendIcmpError(_context.SmallPacket.AsSpan(0, length));
        }

        return result switch
        {
            ParseResult.BadChecksum => DropReason.BadChecksum,
            ParseResult.Martian => DropReason.Martian,
            ParseResult.UnsupportedProtocol when parsed.IsMulticastDestination => DropReason.Multicast,
            ParseResult.UnsupportedProtocol when !parsed.IsV4 && parsed.Protocol == IpProtocol.NoNextHeader => DropReason.Ignored,
            ParseResult.UnsupportedProtocol => DropReason.UnsupportedProtocol,
            ParseResult.BadOption => DropReason.BadOption,
            ParseResult.SourceRoute => DropReason.SourceRoute,
            ParseResult.BadExtension => DropReason.BadExtension,
            _ => DropReason.Malformed,
        };
    }

    /// <summary>Whether a packet is from or for the broadcast address of one of the device's subnets (RFC 1122 section 3.2.1.3).</summary>
    private bool IsOurBroadcast(in ParsedPacket parsed) =>
        _queue.Device.Subnets.IsBroadcast(parsed.Source) || _queue.Device.Subnets.IsBroadcast(parsed.Destination);

    private bool IsGroupOrBroadcast(ReadOnlySpan<byte> packet)
    {
        ParsedPacket.TryParse(packet, ChecksumTrust.KernelVouches, out ParsedPacket parsed);
        return parsed.IsMulticastDestination || IsOurBroadcast(parsed);
    }
}
