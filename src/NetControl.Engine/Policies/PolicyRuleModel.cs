using NetControl.Engine.Sessions;
using NetControl.Network;

namespace NetControl.Engine.Policies;

/// <summary>One rule as loops use it. All its conditions must hold; an empty one holds always.</summary>
/// <remarks>Immutable, but for the counter behind <see cref="Hits"/>, which any thread adds to.</remarks>
public sealed class PolicyRuleModel
{
    private readonly CompiledPrefix[] _sources;
    private readonly CompiledPrefix[] _destinations;
    private readonly PortRange[] _ports;
    private readonly SessionProtocol? _protocol;

    /// <summary>Compiles a rule.</summary>
    /// <param name="policy">The policy's resource name.</param>
    /// <param name="id">The rule's id; empty for what holds when no rule matches.</param>
    /// <param name="generation">The policy's generation.</param>
    /// <param name="action">What to do.</param>
    /// <param name="egress">Where to, for <see cref="PolicyAction.Route"/>.</param>
    /// <param name="protocol">TCP or UDP; null for both.</param>
    /// <param name="sources">The application's address; empty for any.</param>
    /// <param name="destinations">The destination's address; empty for any.</param>
    /// <param name="ports">The destination's port; empty for any.</param>
    /// <param name="hits">Counts what matches; goes on when a policy is compiled anew.</param>
    public PolicyRuleModel(string policy, string id, long generation, PolicyAction action, Egress? egress, SessionProtocol? protocol,
        IEnumerable<IpPrefix> sources, IEnumerable<IpPrefix> destinations, IEnumerable<PortRange> ports, PolicyHits hits)
    {
        Policy = policy;
        Id = id;
        Generation = generation;
        Action = action;
        Egress = egress;
        Hits = hits;
        _protocol = protocol;
        _sources = [.. sources.Select(prefix => new CompiledPrefix(prefix))];
        _destinations = [.. destinations.Select(prefix => new CompiledPrefix(prefix))];
        _ports = [.. ports];
    }

    /// <summary>The policy's resource name.</summary>
    public string Policy { get; }

    /// <summary>The rule's id; empty for what holds when no rule matches.</summary>
    public string Id { get; }

    /// <summary>The policy's generation.</summary>
    public long Generation { get; }

    /// <summary>What to do.</summary>
    public PolicyAction Action { get; }

    /// <summary>Where to, for <see cref="PolicyAction.Route"/>.</summary>
    public Egress? Egress { get; }

    /// <summary>How often it decided: once a TCP connection, once for each new destination of a UDP session.</summary>
    public PolicyHits Hits { get; }

    /// <summary>Which condition does not hold; <see cref="PolicyMismatch.None"/> when the rule matches.</summary>
    public PolicyMismatch Match(SessionProtocol protocol, in AddrPort source, in AddrPort destination)
    {
        if (_protocol is { } wanted && wanted != protocol)
        {
            return PolicyMismatch.Protocol;
        }

        if (_destinations.Length > 0 && !Contains(_destinations, destination.Address))
        {
            return PolicyMismatch.Destination;
        }

        if (_ports.Length > 0 && !Contains(_ports, destination.Port))
        {
            return PolicyMismatch.Port;
        }

        return _sources.Length > 0 && !Contains(_sources, source.Address) ? PolicyMismatch.Source : PolicyMismatch.None;
    }

    private static bool Contains(CompiledPrefix[] prefixes, in IpAddr address)
    {
        foreach (ref readonly CompiledPrefix prefix in prefixes.AsSpan())
        {
            if (prefix.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Contains(PortRange[] ranges, ushort port)
    {
        foreach (PortRange range in ranges)
        {
            if (range.Contains(port))
            {
                return true;
            }
        }

        return false;
    }
}
