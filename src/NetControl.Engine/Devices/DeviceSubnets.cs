using NetControl.Network;

namespace NetControl.Engine.Devices;

/// <summary>
/// What a device's own addresses say of others: which are broadcasts of its subnets, and which source our own messages may have.
/// </summary>
/// <remarks>Immutable. Knows the declared addresses; those that an adopted interface had before are the kernel's business.</remarks>
internal sealed class DeviceSubnets
{
    private readonly uint[] _broadcasts;

    /// <summary>Derives what follows from interface addresses.</summary>
    public DeviceSubnets(IReadOnlyList<IpPrefix> addresses)
    {
        List<uint> broadcasts = [];
        foreach (IpPrefix prefix in addresses)
        {
            // RFC 3021: a subnet of two addresses has no broadcast. All zeros is the old form (RFC 1812 section 5.3.5).
            if (prefix.Address.IsV4 && prefix.Length <= 30)
            {
                uint network = prefix.Network().Address.V4;
                broadcasts.Add(network);
                broadcasts.Add(network | (uint)(0xFFFF_FFFFUL >> prefix.Length));
            }
            else if (!prefix.Address.IsV4 && OwnV6.IsUnspecified)
            {
                OwnV6 = prefix.Address;
            }
        }

        _broadcasts = [.. broadcasts];
    }

    /// <summary>An IPv6 address of the device, or the unspecified one.</summary>
    public IpAddr OwnV6 { get; }

    /// <summary>Whether the address is the broadcast of one of the device's subnets.</summary>
    public bool IsBroadcast(IpAddr address) => _broadcasts.Length > 0 && address.IsV4 && Array.IndexOf(_broadcasts, address.V4) >= 0;
}
