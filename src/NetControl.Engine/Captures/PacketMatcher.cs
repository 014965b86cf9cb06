using NetControl.Network;
using NetControl.Stack.Wire;

namespace NetControl.Engine.Captures;

/// <summary>A <see cref="CaptureFilter"/> in the form in which packets are compared with it.</summary>
/// <remarks>Immutable. Comparing allocates nothing.</remarks>
internal sealed class PacketMatcher
{
    private readonly CaptureProtocols _protocols;
    private readonly CaptureDirections _directions;
    private readonly Network[] _networks;
    private readonly ushort[] _ports;
    private readonly ulong _session;
    private readonly ulong _reasons;
    private readonly bool _needsFields;

    /// <summary>Compiles a filter.</summary>
    public PacketMatcher(CaptureFilter filter)
    {
        _protocols = filter.Protocols;
        _directions = filter.Directions;
        _networks = [.. filter.Networks.Select(network => new Network(network))];
        _ports = [.. filter.Ports];
        _session = filter.Session ?? 0;
        foreach (DropReason reason in filter.DropReasons)
        {
            _reasons |= 1UL << (int)reason;
        }

        _reasons = _reasons == 0 && filter.DroppedOnly ? ulong.MaxValue & ~1UL : _reasons;
        _needsFields = _protocols != CaptureProtocols.None || _networks.Length > 0 || _ports.Length > 0;
    }

    /// <summary>Whether the packet itself may be wanted, whatever becomes of it.</summary>
    /// <param name="toApplication">Which way it goes.</param>
    /// <param name="readable">Whether there are fields.</param>
    /// <param name="fields">What was read from it.</param>
    public bool MatchesPacket(bool toApplication, bool readable, in PacketFields fields)
    {
        CaptureDirections way = toApplication ? CaptureDirections.ToApplication : CaptureDirections.FromApplication;
        if (_directions != CaptureDirections.None && (_directions & way) == 0)
        {
            return false;
        }

        return !_needsFields || (readable && MatchesProtocol(fields.Protocol) && MatchesNetworks(fields) && MatchesPorts(fields));
    }

    /// <summary>Whether it is wanted after all, when it is known what became of it.</summary>
    public bool MatchesOutcome(ulong session, DropReason reason) =>
        (_session == 0 || session == _session) && (_reasons == 0 || (_reasons & (1UL << (int)reason)) != 0);

    private bool MatchesProtocol(byte protocol) => _protocols == CaptureProtocols.None || (_protocols & (protocol switch
    {
        IpProtocol.Tcp => CaptureProtocols.Tcp,
        IpProtocol.Udp => CaptureProtocols.Udp,
        IpProtocol.Icmp or IpProtocol.IcmpV6 => CaptureProtocols.Icmp,
        _ => CaptureProtocols.None,
    })) != 0;

    private bool MatchesNetworks(in PacketFields fields)
    {
        foreach (Network network in _networks)
        {
            if (network.Contains(fields.Source.Address) || network.Contains(fields.Destination.Address))
            {
                return true;
            }
        }

        return _networks.Length == 0;
    }

    private bool MatchesPorts(in PacketFields fields) => _ports.Length == 0
        || (fields.HasPorts && (Array.IndexOf(_ports, fields.Source.Port) >= 0 || Array.IndexOf(_ports, fields.Destination.Port) >= 0));

    /// <summary>A network as two masked numbers; the mapped form keeps the families apart.</summary>
    private readonly struct Network
    {
        private readonly bool _v4;
        private readonly ulong _high;
        private readonly ulong _low;
        private readonly ulong _highMask;
        private readonly ulong _lowMask;

        public Network(IpPrefix prefix)
        {
            _v4 = prefix.Address.IsV4;
            int bits = _v4 ? 96 + prefix.Length : prefix.Length;
            _highMask = Mask(Math.Min(bits, 64));
            _lowMask = Mask(Math.Max(bits - 64, 0));
            _high = prefix.Address.High & _highMask;
            _low = prefix.Address.Low & _lowMask;
        }

        public bool Contains(IpAddr address) =>
            address.IsV4 == _v4 && (address.High & _highMask) == _high && (address.Low & _lowMask) == _low;

        private static ulong Mask(int bits) => bits == 0 ? 0 : ulong.MaxValue << (64 - bits);
    }
}
