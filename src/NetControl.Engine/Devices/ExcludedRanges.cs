using NetControl.Network;

namespace NetControl.Engine.Devices;

/// <summary>What a device's excluded routes leave to the main table: all of them, less the routes of the same device that lie inside.</summary>
/// <remarks>
/// The rules that lead past the device come before those that lead into it, so which of two destinations is the more specific one is
/// settled beforehand: by cutting the excluded range up, and not by a rule in front of it. Where the device is away, nothing of the
/// cut-out part may fall through to the main table.
/// </remarks>
internal static class ExcludedRanges
{
    /// <summary>The ranges, in the order of the excluded routes that they are of.</summary>
    public static IReadOnlyList<IpPrefix> Of(DeviceSpec spec)
    {
        List<IpPrefix> result = [];
        foreach (IpPrefix excluded in spec.ExcludedRoutes)
        {
            List<IpPrefix> parts = [excluded];
            foreach (IpPrefix route in spec.Routes.Select(route => route.Network()).Where(route => IsInside(route, excluded)))
            {
                parts = [.. parts.SelectMany(part => Less(part, route))];
            }

            result.AddRange(parts);
        }

        return result;
    }

    // Halves again and again, and keeps the half that the hole is not in.
    private static IEnumerable<IpPrefix> Less(IpPrefix part, IpPrefix hole)
    {
        if (hole == part || IsInside(part, hole))
        {
            yield break;
        }

        if (!IsInside(hole, part))
        {
            yield return part;
            yield break;
        }

        for (int length = part.Length + 1; length <= hole.Length; length++)
        {
            yield return Sibling(new IpPrefix(hole.Address, length).Network());
        }
    }

    private static bool IsInside(IpPrefix inner, IpPrefix outer) => inner.Length > outer.Length && outer.Contains(inner.Address);

    private static IpPrefix Sibling(IpPrefix prefix)
    {
        Span<byte> bytes = stackalloc byte[16];
        prefix.Address.WriteV6(bytes);
        int last = (prefix.Address.IsV4 ? 96 : 0) + prefix.Length - 1;
        bytes[last / 8] ^= (byte)(0x80 >> (last % 8));
        return new IpPrefix(IpAddr.ReadV6(bytes), prefix.Length);
    }
}
