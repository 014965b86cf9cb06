using System.Runtime.InteropServices;
using NetControl.Engine.Interop.Linux;

namespace NetControl.Engine.Netlink;

/// <summary>A synchronous rtnetlink client: one socket, one request at a time, each acknowledged by the kernel.</summary>
/// <remarks>
/// Owner: any one thread at a time, never a loop. Lifetime: the maker disposes. The socket belongs to the network namespace of the thread
/// that made it and acts there whatever thread uses it later.
/// </remarks>
internal sealed partial class RtNetlink : IDisposable
{
    private const int DumpAttempts = 5;

    // A kernel that does not answer within this time is a bug somewhere, and waiting without end would hide it.
    private static readonly TimeSpan s_answerTime = TimeSpan.FromSeconds(10);

    private readonly SafeFd _socket;
    private readonly byte[] _answer = new byte[64 * 1024];
    private uint _sequence;

    /// <summary>How routes and addresses are marked that are added (RTPROT_*).</summary>
    public byte Mark { get; init; } = Rtnl.RTPROT_NETCONTROL;

    /// <summary>Opens the socket in the calling thread's network namespace.</summary>
    /// <exception cref="NetlinkException">No socket could be had.</exception>
    public RtNetlink()
    {
        _socket = new SafeFd(Libc.Socket(Libc.AF_NETLINK, Libc.SOCK_RAW, Libc.NETLINK_ROUTE, blocking: true));
        if (_socket.IsInvalid)
        {
            throw new NetlinkException("open a netlink socket", Libc.LastErrno);
        }

        // All four are comforts that an old kernel may lack: everything below works without them.
        _ = Libc.SetSockOpt(_socket.Value, Libc.SOL_NETLINK, Libc.NETLINK_EXT_ACK, 1);
        _ = Libc.SetSockOpt(_socket.Value, Libc.SOL_NETLINK, Libc.NETLINK_CAP_ACK, 1);
        _ = Libc.SetSockOpt(_socket.Value, Libc.SOL_NETLINK, Libc.NETLINK_GET_STRICT_CHK, 1);
        ReadOnlySpan<long> time = [(long)s_answerTime.TotalSeconds, 0];
        _ = Libc.SetSockOpt(_socket.Value, Libc.SOL_SOCKET, Libc.SO_RCVTIMEO, MemoryMarshal.AsBytes(time));
        if (Libc.Bind(_socket.Value, SockAddr.Netlink()) != 0)
        {
            Errno errno = Libc.LastErrno;
            _socket.Dispose();
            throw new NetlinkException("bind a netlink socket", errno);
        }
    }

    private delegate bool Parser<T>(ReadOnlySpan<byte> payload, out T? value)
        where T : class;

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static string? FindText(ReadOnlySpan<byte> attributes)
    {
        while (NetlinkReader.TryReadAttribute(ref attributes, out ushort type, out ReadOnlySpan<byte> value))
        {
            if (type == Rtnl.NLMSGERR_ATTR_MSG)
            {
                return NetlinkReader.ReadText(value);
            }
        }

        return null;
    }

    /// <summary>The error inside NLMSG_ERROR or NLMSG_DONE, with the kernel's text behind it if there is one.</summary>
    private static Errno ParseError(NetlinkHeader header, ReadOnlySpan<byte> payload, out string? text)
    {
        text = null;
        if (payload.Length < sizeof(int))
        {
            return header.Type == Rtnl.NLMSG_DONE ? Errno.None : Errno.EPROTO;
        }

        Errno errno = (Errno)(-MemoryMarshal.Read<int>(payload));
        if ((header.Flags & Rtnl.NLM_F_ACK_TLVS) == 0)
        {
            return errno;
        }

        // An error repeats the request's header, and its payload too unless the kernel capped it; the attributes follow.
        int skip = sizeof(int);
        if (header.Type == Rtnl.NLMSG_ERROR && payload.Length >= skip + Rtnl.HeaderSize)
        {
            uint echoed = (header.Flags & Rtnl.NLM_F_CAPPED) != 0 ? Rtnl.HeaderSize : MemoryMarshal.Read<uint>(payload[skip..]);
            skip = (int)Math.Min((uint)payload.Length, skip + ((echoed + 3L) & ~3L));
        }

        text = FindText(payload[skip..]);
        return errno;
    }

    /// <summary>Sends a change and waits for the kernel's word.</summary>
    private void Execute(NetlinkWriter request, string operation)
    {
        uint sequence = SendRequest(request, operation);
        while (true)
        {
            ReadOnlySpan<byte> answer = ReceiveAnswer(operation);
            while (NetlinkReader.TryReadMessage(ref answer, out NetlinkHeader header, out ReadOnlySpan<byte> payload))
            {
                if (header.Sequence != sequence || header.Type != Rtnl.NLMSG_ERROR)
                {
                    continue;
                }

                Errno errno = ParseError(header, payload, out string? text);
                if (errno != Errno.None)
                {
                    throw new NetlinkException(operation, errno, text);
                }

                return;
            }
        }
    }

    /// <summary>Asks for one object: it, or null when the kernel says there is none.</summary>
    private T? Query<T>(NetlinkWriter request, ushort answerType, Errno absent, Parser<T> parse, string operation)
        where T : class
    {
        uint sequence = SendRequest(request, operation);
        while (true)
        {
            ReadOnlySpan<byte> answer = ReceiveAnswer(operation);
            while (NetlinkReader.TryReadMessage(ref answer, out NetlinkHeader header, out ReadOnlySpan<byte> payload))
            {
                if (header.Sequence != sequence)
                {
                    continue;
                }

                if (header.Type == answerType)
                {
                    return parse(payload, out T? value) ? value : throw new NetlinkException(operation, Errno.EPROTO);
                }

                if (header.Type == Rtnl.NLMSG_ERROR)
                {
                    Errno errno = ParseError(header, payload, out string? text);
                    return errno == absent ? null : throw new NetlinkException(operation, errno, text);
                }
            }
        }
    }

    /// <summary>Asks for a whole table. One that changed while it was told is asked for again.</summary>
    private List<T> Dump<T>(NetlinkWriter request, ushort answerType, Parser<T> parse, string operation)
        where T : class
    {
        for (int attempt = 1; ; attempt++)
        {
            List<T> result = [];
            if (TryDump(request, answerType, parse, operation, result) || attempt == DumpAttempts)
            {
                return result;
            }
        }
    }

    private bool TryDump<T>(NetlinkWriter request, ushort answerType, Parser<T> parse, string operation, List<T> result)
        where T : class
    {
        bool consistent = true;
        uint sequence = SendRequest(request, operation);
        while (true)
        {
            ReadOnlySpan<byte> answer = ReceiveAnswer(operation);
            while (NetlinkReader.TryReadMessage(ref answer, out NetlinkHeader header, out ReadOnlySpan<byte> payload))
            {
                if (header.Sequence != sequence)
                {
                    continue;
                }

                consistent &= (header.Flags & Rtnl.NLM_F_DUMP_INTR) == 0;
                if (header.Type == answerType)
                {
                    if (parse(payload, out T? value))
                    {
                        result.Add(value!);
                    }
                }
                else if (header.Type is Rtnl.NLMSG_DONE or Rtnl.NLMSG_ERROR)
                {
                    Errno errno = ParseError(header, payload, out string? text);
                    if (errno != Errno.None)
                    {
                        throw new NetlinkException(operation, errno, text);
                    }

                    return consistent;
                }
            }
        }
    }

    private uint SendRequest(NetlinkWriter request, string operation)
    {
        uint sequence = ++_sequence;
        if (Libc.SendTo(_socket.Value, request.Finish(sequence), 0, SockAddr.Netlink()) < 0)
        {
            throw new NetlinkException(operation, Libc.LastErrno);
        }

        return sequence;
    }

    private ReadOnlySpan<byte> ReceiveAnswer(string operation)
    {
        while (true)
        {
            nint count = Libc.Recv(_socket.Value, _answer, 0);
            if (count >= 0)
            {
                return _answer.AsSpan(0, (int)count);
            }

            Errno errno = Libc.LastErrno;
            if (errno != Errno.EINTR)
            {
                throw new NetlinkException(operation, errno == Errno.EAGAIN ? Errno.ETIMEDOUT : errno);
            }
        }
    }
}
