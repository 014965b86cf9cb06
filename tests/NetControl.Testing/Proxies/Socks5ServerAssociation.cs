using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using NetControl.Network;
using NetControl.Transport.Direct;

namespace NetControl.Testing.Proxies;

/// <summary>The two UDP sockets of one association: towards the client, and out into the world (full cone).</summary>
internal sealed class Socks5ServerAssociation : IDisposable
{
    private const int Headroom = 22;
    private readonly Socks5Server _server;
    private readonly Socket _inside;
    private readonly Socket _outside;
    private readonly SocketAddress _target;
    private readonly IpAddr _peer;
    private readonly SocketAddress _client;
    private volatile bool _clientKnown;
    private volatile bool _disposed;

    public Socks5ServerAssociation(Socks5Server server, IPAddress local, IPAddress peer)
    {
        _server = server;
        _peer = IpAddr.From(peer);
        local = local.IsIPv4MappedToIPv6 ? local.MapToIPv4() : local;
        _inside = server.Options.MakeSocket(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        _inside.Bind(new IPEndPoint(local, 0));
        _inside.ReceiveBufferSize = 1 << 20;
        _client = new SocketAddress(local.AddressFamily);
        bool v6 = Socket.OSSupportsIPv6;
        _outside = server.Options.MakeSocket(v6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        if (v6)
        {
            _outside.DualMode = true;
        }

        _outside.Bind(new IPEndPoint(v6 ? IPAddress.IPv6Any : IPAddress.Any, 0));
        _outside.ReceiveBufferSize = 1 << 20;
        _target = new SocketAddress(_outside.AddressFamily);
        _ = LoopAsync(UpOnceAsync);
        _ = LoopAsync(DownOnceAsync);
    }

    /// <summary>Where the client sends its datagrams.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_inside.LocalEndPoint!;

    public void Dispose()
    {
        _disposed = true;
        _inside.Dispose();
        _outside.Dispose();
    }

    private async Task LoopAsync(Func<byte[], SocketAddress, Task> once)
    {
        byte[] buffer = new byte[Headroom + 65_535];
        var from = new SocketAddress(AddressFamily.InterNetworkV6);
        while (!_disposed)
        {
            try
            {
                await once(buffer, from);
            }
            catch (SocketException) when (!_disposed)
            {
                // One datagram's fate: no route, too large, refused.
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task UpOnceAsync(byte[] buffer, SocketAddress from)
    {
        int length = await _inside.ReceiveFromAsync(buffer, SocketFlags.None, from);
        if (RawSocketAddress.Read(from).Address != _peer || !TryParse(buffer.AsSpan(0, length), out HostPort destination, out int header))
        {
            return;
        }

        if (!_clientKnown)
        {
            from.Buffer.Span[.._client.Buffer.Length].CopyTo(_client.Buffer.Span);
            _clientKnown = true;
        }

        destination = _server.Options.Route?.Invoke(destination) ?? destination;
        RawSocketAddress.Write(_target, destination.IsAddress ? destination.Address : await ResolveAsync(destination));
        _server.CountDatagramUp();
        await _outside.SendToAsync(buffer.AsMemory(header, length - header), SocketFlags.None, _target);
    }

    private async Task DownOnceAsync(byte[] buffer, SocketAddress from)
    {
        int length = await _outside.ReceiveFromAsync(buffer.AsMemory(Headroom), SocketFlags.None, from);
        if (!_clientKnown)
        {
            return;
        }

        AddrPort source = RawSocketAddress.Read(from);
        int start = WriteHeader(buffer, _server.Options.RouteBack?.Invoke(source) ?? source);
        _server.CountDatagramDown();
        await _inside.SendToAsync(buffer.AsMemory(start, Headroom + length - start), SocketFlags.None, _client);
    }

    private static async ValueTask<AddrPort> ResolveAsync(HostPort destination) =>
        new(IpAddr.From((await Dns.GetHostAddressesAsync(destination.Host!))[0]), destination.Port);

    private static int WriteHeader(byte[] buffer, AddrPort source)
    {
        int start = source.IsV4 ? Headroom - 10 : Headroom - 22;
        Span<byte> header = buffer.AsSpan(start, Headroom - start);
        header.Clear();
        header[3] = source.IsV4 ? (byte)1 : (byte)4;
        if (source.IsV4)
        {
            source.Address.WriteV4(header[4..]);
        }
        else
        {
            source.Address.WriteV6(header[4..]);
        }

        BinaryPrimitives.WriteUInt16BigEndian(header[^2..], source.Port);
        return start;
    }

    private static bool TryParse(ReadOnlySpan<byte> datagram, out HostPort destination, out int header)
    {
        destination = default;
        header = datagram.Length < 5 || datagram[2] != 0
            ? int.MaxValue
            : datagram[3] switch { 1 => 10, 4 => 22, 3 when datagram[4] > 0 => 7 + datagram[4], _ => int.MaxValue };
        if (datagram.Length < header)
        {
            return false;
        }

        ushort port = BinaryPrimitives.ReadUInt16BigEndian(datagram[(header - 2)..]);
        destination = datagram[3] switch
        {
            1 => new AddrPort(IpAddr.ReadV4(datagram[4..]), port),
            4 => new AddrPort(IpAddr.ReadV6(datagram[4..]), port),
            _ => new HostPort(System.Text.Encoding.UTF8.GetString(datagram[5..(header - 2)]), port),
        };
        return true;
    }
}
