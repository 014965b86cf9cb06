using System.Diagnostics.CodeAnalysis;
using NetControl.Network;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Dns;

/// <summary>The text of a hop that intercepts DNS: <c>dnsintercept:local=address[:port]&amp;remote=address[:port]</c>; ports are 53 if left out.</summary>
public sealed class DnsInterceptHopType : HopType
{
    internal const string Scheme = "dnsintercept";

    /// <inheritdoc/>
    public override string Name => Scheme;

    /// <inheritdoc/>
    public override string Grammar => "dnsintercept:local=address[:port]&remote=address[:port]";

    /// <inheritdoc/>
    public override bool TryParse(HopText text, [NotNullWhen(true)] out Hop? hop, [NotNullWhen(false)] out ChainError? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        hop = null;
        if (!HopOptions.TryParse(text, text.RestOffset, text.Text.Length, ["local", "remote"], out HopOptions? options, out error)
            || !DnsServerOption.TryGetAddress(text, options, "local", out AddrPort local, out error)
            || !DnsServerOption.TryGetAddress(text, options, "remote", out AddrPort remote, out error))
        {
            return false;
        }

        hop = new DnsInterceptHop(local, remote);
        return true;
    }
}
