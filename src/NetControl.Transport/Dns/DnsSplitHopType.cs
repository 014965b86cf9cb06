using System.Diagnostics.CodeAnalysis;
using NetControl.Network;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Dns;

/// <summary>The text of a hop that splits DNS by name.</summary>
/// <remarks>
/// <c>direct</c> is a list of zones, address ranges (their reverse names) and <c>search</c> (the search domains of resolv.conf);
/// <c>resolver</c> the resolver for them, those of resolv.conf if left out; <c>remote</c> the one for all other names, asked through the hops
/// before this one, over UDP and TCP as they carry it, or <c>over=tls</c>.
/// </remarks>
public sealed class DnsSplitHopType : HopType
{
    internal const string Scheme = "dnssplit";

    private static readonly string[] s_keys = ["direct", "resolver", "remote", "over", "name", "resolvconf", DnsCacheOption.Key];

    /// <inheritdoc/>
    public override string Name => Scheme;

    /// <inheritdoc/>
    public override string Grammar =>
        "dnssplit:direct=zone|range|search,...[&resolver=address[:port]]&remote=host[:port][&over=tls[&name=certificate name]]"
        + "[&resolvconf=path][&cache=N]";

    /// <inheritdoc/>
    public override bool TryParse(HopText text, [NotNullWhen(true)] out Hop? hop, [NotNullWhen(false)] out ChainError? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        hop = null;
        AddrPort? resolver = null;
        if (!HopOptions.TryParse(text, text.RestOffset, text.Text.Length, s_keys, out HopOptions? options, out error)
            || !TryGetZones(text, options, out DnsZones? direct, out error)
            || !TryGetResolver(text, options, ref resolver, out error)
            || !TryGetOver(text, options, out bool isTls, out error)
            || !DnsServerOption.TryGet(
                text, options, "remote", isTls ? DnsServerOption.TlsPort : DnsServerOption.DnsPort, out HostPort remote, out error)
            || !DnsServerOption.TryGetName(text, options, "name", out string? name, out error)
            || !DnsCacheOption.TryGet(text, options, out int cacheSize, out error))
        {
            return false;
        }

        hop = new DnsSplitHop(direct, resolver, remote, isTls, name, options["resolvconf"]?.Value, cacheSize);
        return true;
    }

    private static bool TryGetZones(HopText text, HopOptions options, [NotNullWhen(true)] out DnsZones? zones,
        [NotNullWhen(false)] out ChainError? error)
    {
        zones = null;
        if (options["direct"] is not { } option)
        {
            error = text.Error(0, "dnssplit needs direct=; write e.g. dnssplit:direct=cluster.local,10.0.0.0/8&remote=1.1.1.1:53");
            return false;
        }

        bool good = DnsZones.TryParse(option.Value, out zones, out string? fault);
        error = good ? null : text.Error(option.Offset, $"'{fault}' is no zone, no range and not search; write e.g. cluster.local,10.0.0.0/8");
        return good;
    }

    private static bool TryGetResolver(HopText text, HopOptions options, ref AddrPort? resolver, [NotNullWhen(false)] out ChainError? error)
    {
        error = null;
        if (options["resolver"] is null)
        {
            return true;
        }

        bool good = DnsServerOption.TryGetAddress(text, options, "resolver", out AddrPort address, out error);
        resolver = address;
        return good;
    }

    private static bool TryGetOver(HopText text, HopOptions options, out bool isTls, [NotNullWhen(false)] out ChainError? error)
    {
        HopOption? option = options["over"];
        isTls = string.Equals(option?.Value, "tls", StringComparison.OrdinalIgnoreCase);
        error = option is null || isTls ? null : text.Error(option.Value.Offset, $"'{option.Value.Value}' is unknown; write over=tls, or leave it out");
        return error is null;
    }
}
