using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using NetControl.Network;

namespace NetControl.Testing.Proxies;

/// <summary>One client of a <see cref="Socks5Server"/>: the handshake, then a relay.</summary>
internal sealed class Socks5ServerConnection(Socks5Server server, Socket client) : IDisposable
{
    private Socket? _destination;
    private Socks5ServerAssociation? _association;

    /// <summary>Serves the client until both directions have ended.</summary>
    public async Task RunAsync()
    {
        if (!await AuthenticateAsync())
        {
            return;
        }

        byte[] head = await ReadAsync(4);
        HostPort? destination = await ReadAddressAsync(head[3]);
        if (head[0] != 5 || destination is null)
        {
            await ReplyAsync(8, default);
            return;
        }

        switch (head[1])
        {
            case 1:
                await ConnectAsync(server.Options.Route?.Invoke(destination.Value) ?? destination.Value);
                break;
            case 3 when server.Options.Udp:
                await AssociateAsync();
                break;
            default:
                await ReplyAsync(7, default);
                break;
        }
    }

    /// <summary>Breaks the client and its destination off with resets.</summary>
    public void Reset()
    {
        Reset(client);
        if (_destination is not null)
        {
            Reset(_destination);
        }

        _association?.Dispose();
    }

    public void Dispose()
    {
        client.Dispose();
        _destination?.Dispose();
        _association?.Dispose();
    }

    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Gone already.
        }

        socket.Dispose();
    }

    private async Task<bool> AuthenticateAsync()
    {
        byte[] greeting = await ReadAsync(2);
        byte[] methods = await ReadAsync(greeting[1]);
        byte wanted = server.Options.Username is null ? (byte)0 : (byte)2;
        if (greeting[0] != 5 || !methods.Contains(wanted))
        {
            await WriteAsync(5, 0xFF);
            return false;
        }

        await WriteAsync(5, wanted);
        if (wanted == 0)
        {
            return true;
        }

        string username = Encoding.UTF8.GetString(await ReadAsync((await ReadAsync(2))[1]));
        string password = Encoding.UTF8.GetString(await ReadAsync((await ReadAsync(1))[0]));
        bool good = string.Equals(username, server.Options.Username, StringComparison.Ordinal)
            && string.Equals(password, server.Options.Password, StringComparison.Ordinal);
        await WriteAsync(1, good ? (byte)0 : (byte)1);
        return good;
    }

    private async Task<HostPort?> ReadAddressAsync(byte type)
    {
        switch (type)
        {
            case 1:
                byte[] v4 = await ReadAsync(6);
                return new HostPort(new AddrPort(IpAddr.ReadV4(v4), Port(v4)));
            case 3:
                byte[] name = await ReadAsync((await ReadAsync(1))[0] + 2);
                return name.Length == 2 ? null : new HostPort(Encoding.UTF8.GetString(name.AsSpan(0, name.Length - 2)), Port(name));
            case 4:
                byte[] v6 = await ReadAsync(18);
                return new HostPort(new AddrPort(IpAddr.ReadV6(v6), Port(v6)));
            default:
                return null;
        }

        static ushort Port(byte[] bytes) => BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(bytes.Length - 2));
    }

    private async Task ConnectAsync(HostPort destination)
    {
        try
        {
            _destination = await OpenAsync(destination);
        }
        catch (SocketException e)
        {
            await ReplyAsync(ToReply(e.SocketErrorCode), default);
            return;
        }

        server.CountConnect();
        await ReplyAsync(0, AddrPort.From((IPEndPoint)_destination.LocalEndPoint!));
        await Task.WhenAll(
            PumpAsync(client, _destination, server.CountUp),
            PumpAsync(_destination, client, server.CountDown));
    }

    private async Task<Socket> OpenAsync(HostPort destination)
    {
        IPAddress[] addresses = destination.IsAddress
            ? [destination.Address.Address.ToIPAddress()]
            : await Dns.GetHostAddressesAsync(destination.Host, server.Stopping);
        SocketException? first = null;
        foreach (IPAddress address in addresses)
        {
            Socket socket = server.Options.MakeSocket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.NoDelay = true;
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, destination.Port), server.Stopping);
                return socket;
            }
            catch (SocketException e)
            {
                socket.Dispose();
                first ??= e;
            }
        }

        throw first ?? new SocketException((int)SocketError.HostNotFound);
    }

    private async Task PumpAsync(Socket from, Socket to, Action<int> count)
    {
        try
        {
            await SocketPump.CopyAsync(from, to, count, server.Stopping);
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // One broken direction breaks both: the other side must see a reset, not silence.
            Reset();
            throw;
        }
    }

    private async Task AssociateAsync()
    {
        IPAddress local = ((IPEndPoint)client.LocalEndPoint!).Address;
        IPAddress peer = ((IPEndPoint)client.RemoteEndPoint!).Address;
        _association = new Socks5ServerAssociation(server, local, peer);
        server.CountAssociation();
        AddrPort relay = AddrPort.From(_association.EndPoint);
        await ReplyAsync(0, server.Options.AnnounceUnspecified ? new AddrPort(relay.IsV4 ? IpAddr.AnyV4 : IpAddr.AnyV6, relay.Port) : relay);
        byte[] ignored = new byte[64];
        while (await client.ReceiveAsync(ignored, SocketFlags.None, server.Stopping) > 0)
        {
        }
    }

    private static byte ToReply(SocketError error) => error switch
    {
        SocketError.AccessDenied => 2,
        SocketError.NetworkUnreachable => 3,
        SocketError.HostUnreachable or SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => 4,
        SocketError.ConnectionRefused => 5,
        SocketError.TimedOut => 6,
        SocketError.AddressFamilyNotSupported => 8,
        _ => 1,
    };

    private async Task ReplyAsync(byte code, AddrPort bound)
    {
        byte[] reply = new byte[bound.IsV4 || bound == default ? 10 : 22];
        reply[0] = 5;
        reply[1] = code;
        if (reply.Length == 10)
        {
            reply[3] = 1;
            bound.Address.WriteV4(reply.AsSpan(4));
        }
        else
        {
            reply[3] = 4;
            bound.Address.WriteV6(reply.AsSpan(4));
        }

        BinaryPrimitives.WriteUInt16BigEndian(reply.AsSpan(reply.Length - 2), bound.Port);
        await WriteAsync(reply);
    }

    private async Task<byte[]> ReadAsync(int length)
    {
        byte[] buffer = new byte[length];
        for (int have = 0; have < length;)
        {
            int read = await client.ReceiveAsync(buffer.AsMemory(have), SocketFlags.None, server.Stopping);
            have += read > 0 ? read : throw new EndOfStreamException();
        }

        return buffer;
    }

    private async Task WriteAsync(params byte[] bytes)
    {
        for (int sent = 0; sent < bytes.Length;)
        {
            sent += await client.SendAsync(bytes.AsMemory(sent), SocketFlags.None, server.Stopping);
        }
    }
}
