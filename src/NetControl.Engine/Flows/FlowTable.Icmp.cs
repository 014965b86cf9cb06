using NetControl.Engine.Sessions;
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
            int length = IcmpReplies.WriteEchoReply(room, packet, parsed);
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
            OnIcmpError(error);
            return DropReason.None;
        }

        return DropReason.UnsupportedProtocol;
    }

    /// <summary>The client's side could not deliver a packet of ours: the quoted source is the remote, the quoted destination the client.</summary>
    private void OnIcmpError(in IcmpErrorMessage error)
    {
        if (error.Kind == IcmpErrorKind.TooBig && error.Flow.Protocol == IpProtocol.Tcp && _tcp.TryGetValue(error.Flow.Reversed, out TcpFlow? large))
        {
            large.OnClientPathMtu(error.Mtu, error.TcpSequence);
        }

        if (error.Kind != IcmpErrorKind.Unreachable)
        {
            return;
        }

        if (error.Flow.Protocol == IpProtocol.Tcp && _tcp.TryGetValue(error.Flow.Reversed, out TcpFlow? flow))
        {
            flow.OnClientUnreachable();
        }

        // The application has closed its UDP socket: nobody is left to hear the session's answers, so its upstream socket goes too.
        if (error.Flow.Protocol == IpProtocol.Udp && error.Reason == UnreachableReason.Port
            && _udp.TryGetValue(error.Flow.Destination, out UdpFlow? session))
        {
            session.Kill(SessionCause.ClientAborted);
        }
    }

    private static DropReason OnRefused(ParseResult result) => result switch
    {
        ParseResult.BadChecksum => DropReason.BadChecksum,
        ParseResult.Martian => DropReason.Martian,
        ParseResult.UnsupportedProtocol => DropReason.UnsupportedProtocol,
        _ => DropReason.Malformed,
    };
}
