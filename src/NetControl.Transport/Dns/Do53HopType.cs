using System.Diagnostics.CodeAnalysis;
using NetControl.Network;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Dns;

/// <summary>The text of a hop that resolves at a plain resolver: <c>do53:address=host[:port][&amp;cache=N]</c>; the port is 53 if left out.</summary>
public sealed class Do53HopType : HopType
{
    internal const string Scheme = "do53";

    /// <inheritdoc/>
    public override string Name => Scheme;

    /// <inheritdoc/>
    public override string Grammar => "do53:address=host[:port][&cache=N]";

    /// <inheritdoc/>
    public override bool TryParse(HopText text, [NotNullWhen(true)] out Hop? hop, [NotNullWhen(false)] out ChainError? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        hop = null;
        if (!HopOptions.TryParse(text, text.RestOffset, text.Text.Length, ["address", DnsCacheOption.Key], out HopOptions? options, out error)
            || !DnsServerOption.TryGet(text, options, "address", DnsServerOption.DnsPort, out HostPort server, out error)
            || !DnsCacheOption.TryGet(text, options, out int cacheSize, out error))
        {
            return false;
        }

        hop = new Do53Hop(server, cacheSize);
        return true;
    }
}
