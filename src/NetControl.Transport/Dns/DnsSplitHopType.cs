using System.Diagnostics.CodeAnalysis;
using NetControl.Network;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Dns;

/// <summary>The text of a hop that splits DNS by name.</summary>
/// <remarks>
/// <c>direct</c> is a list of zones, address ranges (their reverse names) and <c>search</c> (the search domains of resolv.conf);
/// <c>resolver</c> the resolver for them, those of resolv.conf if left out; <c>remote</c> the one for all other names, asked through the hops
/// before this one, over UDP and TCP as they carry it, or <c>over=tls</c> or <c>over=https</c>.
/// </remarks>
public sealed class DnsSplitHopType : HopType
{
    internal const string Scheme = "dnssplit";

    private static readonly string[] s_keys = ["direct", "resolver", "remote", "over", "name", "path", "resolvconf", DnsCacheOption.Key];

    /// <inheritdoc/>
    public override string Name => Scheme;

    /// <inheritdoc/>
    public override string Grammar =>
        "dnssplit:direct=zone|range|search,...[&resolver=address[:port]]&remote=host[:port]"
        + "[&over=tls|https[&name=certificate name][&path=/dns-query]]"
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
            || !TryGetOver(text, options, out DnsCarrier over, out error)
            || !DnsServerOption.TryGet(
                text, options, "remote", PortOf(over), out HostPort remote, out error)
            || !DnsServerOption.TryGetName(text, options, "name", out string? name, out error)
            || !TryGetPath(text, options, over, out string path, out error)
            || !DnsCacheOption.TryGet(text, options, out int cacheSize, out error))
        {
            return false;
        }

        hop = new DnsSplitHop(direct, resolver, remote, over, name, options["resolvconf"]?.Value, cacheSize, path);
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

    private static bool TryGetOver(HopText text, HopOptions options, out DnsCarrier over, [NotNullWhen(false)] out ChainError? error)
    {
        HopOption? option = options["over"];
        (bool known, over) = option?.Value.ToUpperInvariant() switch
        {
            null => (true, DnsCarrier.Plain),
            "TLS" => (true, DnsCarrier.Tls),
            "HTTPS" => (true, DnsCarrier.Https),
            _ => (false, DnsCarrier.Plain),
        };
        error = known ? null
            : text.Error(option!.Value.Offset, $"'{option.Value.Value}' is unknown; write over=tls or over=https, or leave it out");
        return known;
    }

    private static bool TryGetPath(
        HopText text, HopOptions options, DnsCarrier over, out string path, [NotNullWhen(false)] out ChainError? error)
    {
        if (over != DnsCarrier.Https && options["path"] is { } option)
        {
            path = "";
            error = text.Error(option.Offset, "path= is for over=https only; write that too, or leave it out");
            return false;
        }

        return DnsServerOption.TryGetPath(text, options, "path", out path, out error);
    }

    private static ushort PortOf(DnsCarrier over) => over switch
    {
        DnsCarrier.Tls => DnsServerOption.TlsPort,
        DnsCarrier.Https => DnsServerOption.HttpsPort,
        _ => DnsServerOption.DnsPort,
    };
}
