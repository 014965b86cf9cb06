using System.Runtime.CompilerServices;
using NetControl.Network;
using NetControl.Transport.Chains;
using NetControl.Transport.Direct;

namespace NetControl.Transport.Shadowsocks;

/// <summary>Opens packet sockets at a Shadowsocks server.</summary>
/// <remarks>Nothing is sent when a socket is opened, so a server that is not there or knows another key shows as silence.</remarks>
public sealed class ShadowsocksPacketListener : IPacketListener
{
    private readonly IPacketListener _datagrams;
    private readonly HostPort _named;
    private readonly ServerAddress _server;
    private readonly ShadowsocksKey _key;
    private readonly TimeProvider _time;
    private readonly Lazy<NSec.Cryptography.Key> _xchacha;

    /// <summary>Makes a listener.</summary>
    /// <param name="datagrams">Opens the sockets that carry datagrams to the server, over whatever hops.</param>
    /// <param name="server">Where the server listens.</param>
    /// <param name="key">The method and key.</param>
    /// <param name="timeProvider">The clock; an event loop's where sockets are opened on loops.</param>
    /// <param name="lookup">Finds the server's name, if it is one; the system's resolver if null.</param>
    /// <exception cref="ArgumentNullException">A part is null.</exception>
    public ShadowsocksPacketListener(
        IPacketListener datagrams, HostPort server, ShadowsocksKey key, TimeProvider? timeProvider = null, AddressLookup? lookup = null)
    {
        ArgumentNullException.ThrowIfNull(datagrams);
        ArgumentNullException.ThrowIfNull(key);
        _datagrams = datagrams;
        _named = server;
        _key = key;
        _xchacha = new Lazy<NSec.Cryptography.Key>(() => XChaChaPacketCodec.Import(key));
        _time = timeProvider ?? TimeProvider.System;
        _server = new ServerAddress(server, lookup ?? SystemLookup.FindAsync, _time);
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<IPacketConnection> ListenAsync(CancellationToken cancellationToken = default)
    {
        AddrPort server;
        IPacketConnection datagrams;
        if (_datagrams is IServerPacketListener named)
        {
            // The address only marks what is the server's: the socket leads nowhere else.
            server = _named.IsAddress ? _named.Address : new AddrPort(IpAddr.AnyV4, _named.Port);
            datagrams = await named.ListenAsync(_named, cancellationToken);
        }
        else
        {
            server = await _server.GetAsync(cancellationToken);
            datagrams = await _datagrams.ListenAsync(cancellationToken);
        }

        PacketCodec codec = !_key.Cipher.Is2022 ? new ClassicPacketCodec(_key)
            : _key.Cipher.Algorithm == AeadAlgorithm.AesGcm ? new AesPacketCodec(_key, _time)
            : new XChaChaPacketCodec(_xchacha.Value, _time);
        return new ShadowsocksPacketConnection(datagrams, server, codec);
    }
}
