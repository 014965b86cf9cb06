using System.Diagnostics.CodeAnalysis;
using NetControl.Network;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Dns;

/// <summary>
/// The text of a hop that resolves over TLS: <c>dot:address=host[:port][&amp;name=certificate name][&amp;cache=N]</c>; the port is 853 if left
/// out.
/// </summary>
public sealed class DotHopType : HopType
{
    internal const string Scheme = "dot";

    /// <inheritdoc/>
    public override string Name => Scheme;

    /// <inheritdoc/>
    public override string Grammar => "dot:address=host[:port][&name=certificate name][&cache=N]";

    /// <inheritdoc/>
    public override bool TryParse(HopText text, [NotNullWhen(true)] out Hop? hop, [NotNullWhen(false)] out ChainError? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        hop = null;
        if (!HopOptions.TryParse(
                text, text.RestOffset, text.Text.Length, ["address", "name", DnsCacheOption.Key], out HopOptions? options, out error)
            || !DnsServerOption.TryGet(text, options, "address", DnsServerOption.TlsPort, out HostPort server, out error)
            || !DnsServerOption.TryGetName(text, options, "name", out string? name, out error)
            || !DnsCacheOption.TryGet(text, options, out int cacheSize, out error))
        {
            return false;
        }

        hop = new DotHop(server, name, cacheSize);
        return true;
    }
}
