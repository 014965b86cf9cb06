using NetControl.Network;
using NetControl.Stack.Icmp;
using NetControl.Stack.Wire;

namespace NetControl.Engine.Flows;

/// <content>ICMP in both directions.</content>
internal sealed partial class FlowTable
{
    private DropReason OnIcmp(ReadOnlySpan<byte> packet, in ParsedPacket parsed)
    {
        if (IcmpReplies.IsEchoRequest(parsed))
        {
            byte[] room = _context.LargePacket;
            int length = IcmpReplies.WriteEchoReply(room, packet);
            if (length > _queue.Device.Mtu)
            {
                FragmentAndSend(room.AsSpan(0, length));
            }
            else
            {
                _queue.SendPacket(room.AsSpan(0, length));
            }

            return DropReason.None;
        }

        if (IcmpErrorMessage.TryParse(packet, parsed, out IcmpErrorMessage error))
        {
            OnIcmpError(error);
            return DropReason.None;
        }

        return DropReason.UnsupportedProtocol;
    }

    /// <summary>The client's side could not deliver a packet of ours: the quoted source is the remote, the quoted destination the client.</summary>
    private void OnIcmpError(in IcmpErrorMessage error)
    {
        if (error.Kind != IcmpErrorKind.Unreachable)
        {
            return;
        }

        if (error.Protocol == IpProtocol.Tcp)
        {
            FlowKey key = new(IpProtocol.Tcp, error.QuotedDestination, error.QuotedSource);
            if (_tcp.TryGetValue(key, out TcpFlow? flow))
            {
                flow.OnClientUnreachable();
            }
        }
    }

    private DropReason OnRefused(ParseResult result, ReadOnlySpan<byte> packet, in ParsedPacket parsed)
    {
        switch (result)
        {
            case ParseResult.BadChecksum:
                return DropReason.BadChecksum;
            case ParseResult.Martian:
                return DropReason.Martian;
            case ParseResult.UnsupportedProtocol:
                int length = IcmpErrors.WriteProtocolUnreachable(_context.SmallPacket, packet, parsed);
                _queue.SendPacket(_context.SmallPacket.AsSpan(0, length));
                return DropReason.UnsupportedProtocol;
            default:
                return DropReason.Malformed;
        }
    }

    private void FragmentAndSend(ReadOnlySpan<byte> packet)
    {
        Devices.FragmentWriter writer = new(_queue);
        Stack.Ip.Fragmenter.Split(packet, _queue.Device.Mtu, _context.NextFragmentId(), ref writer);
    }
}
