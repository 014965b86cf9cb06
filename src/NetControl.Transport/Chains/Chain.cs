using NetControl.Network;

namespace NetControl.Transport.Chains;

/// <summary>An immutable chain of hops, the innermost first; an empty one is direct.</summary>
/// <param name="Hops">The hops.</param>
public sealed record Chain(IReadOnlyList<Hop> Hops)
{
    /// <summary>Straight from this machine.</summary>
    public static readonly Chain Direct = new([]);

    /// <summary>The chain's text, secrets included: <see cref="HopRegistry.TryParse"/> reads it back.</summary>
    public string Text => string.Join('|', Hops.Select(hop => hop.Text));

    /// <summary>The chain's text with every secret replaced.</summary>
    public string Redacted => string.Join('|', Hops.Select(hop => hop.Redacted));

    /// <summary>Whether destinations are dialled straight from this machine: no hop leads through a server of its own.</summary>
    public bool IsDirect => !Hops.Any(hop => hop.LeadsThroughServers);

    /// <summary>
    /// The servers that are dialled straight from this machine: those up to the first hop that leads through them, which all later ones are
    /// reached through; and resolvers that a hop asks past the others. As they are dialled, where an override leads elsewhere.
    /// </summary>
    public IReadOnlyList<HostPort> DirectServers
    {
        get
        {
            HostPort anywhere = new AddrPort(IpAddr.AnyV4, 0);
            List<HostPort> servers = [.. Hops.SelectMany(hop => hop.DirectServers)];
            for (int i = 0; i < Hops.Count; i++)
            {
                servers.AddRange(Hops[i].Servers.Select(server => Redirect(server, i)));
                if (Hops[i].LeadsThroughServers)
                {
                    return [.. servers.Distinct()];
                }
            }

            HostPort place = Redirect(anywhere, Hops.Count);
            if (!place.IsAddress || place.Address.Address != anywhere.Address.Address)
            {
                servers.Add(place); // wherever it was to go
            }

            return [.. servers.Distinct()];
        }
    }

    /// <summary>What this machine lacks for the first hop that lacks something, with the fix; null if nothing.</summary>
    public string? FindFault() => Hops.Select(static (hop, i) => hop.FindFault() is { } fault ? $"part {i + 1}: {fault}" : null).FirstOrDefault(static fault => fault is not null);

    /// <summary>Wraps the hops, one around the other, around a way. Nothing is dialled.</summary>
    public Way Wrap(Way inner, HopContext context) => Hops.Aggregate(inner, (way, hop) => hop.Wrap(way, context));

    /// <summary>The redacted text: a chain must never print its secrets by accident.</summary>
    public override string ToString() => Redacted;

    // What a hop dials passes those before it, the nearest one first.
    private HostPort Redirect(HostPort destination, int before) =>
        Hops.Take(before).Reverse().Aggregate(destination, static (target, hop) => hop.Redirect(target));
}
