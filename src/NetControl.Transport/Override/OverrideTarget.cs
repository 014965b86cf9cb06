using NetControl.Network;

namespace NetControl.Transport.Override;

/// <summary>What takes the place of a destination's host and port. Applying it allocates nothing.</summary>
internal readonly struct OverrideTarget
{
    private readonly HostPort? _host;
    private readonly ushort? _port;

    public OverrideTarget(string? host, ushort? port)
    {
        _host = host is null ? null : new HostPort(host, port ?? 0);
        _port = port;
    }

    /// <summary>Whether a packet can be sent there: a name would have to be resolved.</summary>
    public bool IsForPackets => _host is null or { IsAddress: true };

    /// <summary>Where to go instead.</summary>
    public HostPort Apply(in HostPort destination)
    {
        ushort port = _port ?? destination.Port;
        HostPort host = _host ?? destination;
        return host.Port == port ? host : host.IsAddress ? new HostPort(new AddrPort(host.Address.Address, port)) : new HostPort(host.Host, port);
    }
}
