using System.Diagnostics.CodeAnalysis;
using NetControl.Network;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Dns;

/// <summary>
/// The text of a hop that resolves over HTTPS: <c>doh:name=host[&amp;address=host[:port]][&amp;path=/dns-query][&amp;cache=N]</c>. The address is
/// that of the name, port 443, if left out.
/// </summary>
public sealed class DohHopType : HopType
{
    internal const string Scheme = "doh";

    /// <inheritdoc/>
    public override string Name => Scheme;

    /// <inheritdoc/>
    public override string Grammar => "doh:name=host[&address=host[:port]][&path=/dns-query][&cache=N]";

    /// <inheritdoc/>
    public override bool TryParse(HopText text, [NotNullWhen(true)] out Hop? hop, [NotNullWhen(false)] out ChainError? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        hop = null;
        HostPort server = default;
        if (!HopOptions.TryParse(
                text, text.RestOffset, text.Text.Length, ["name", "address", "path", DnsCacheOption.Key], out HopOptions? options, out error)
            || !DnsServerOption.TryGetName(text, options, "name", out string? name, out error)
            || !DnsCacheOption.TryGet(text, options, out int cacheSize, out error)
            || !DnsServerOption.TryGetPath(text, options, "path", out string path, out error)
            || (options["address"] is not null
                && !DnsServerOption.TryGet(text, options, "address", DnsServerOption.HttpsPort, out server, out error)))
        {
            return false;
        }

        if (name is null)
        {
            error = text.Error(0, "doh needs name=; write e.g. doh:name=dns.example&address=192.0.2.53");
            return false;
        }

        hop = new DohHop(name, options["address"] is null ? new HostPort(name, DnsServerOption.HttpsPort) : server, path, cacheSize);
        return true;
    }
}
