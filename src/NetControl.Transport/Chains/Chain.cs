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

    /// <summary>What this machine lacks for the first hop that lacks something, with the fix; null if nothing.</summary>
    public string? FindFault() => Hops.Select(static (hop, i) => hop.FindFault() is { } fault ? $"part {i + 1}: {fault}" : null).FirstOrDefault(static fault => fault is not null);

    /// <summary>Wraps the hops, one around the other, around a way. Nothing is dialled.</summary>
    public Way Wrap(Way inner, HopContext context) => Hops.Aggregate(inner, (way, hop) => hop.Wrap(way, context));

    /// <summary>The redacted text: a chain must never print its secrets by accident.</summary>
    public override string ToString() => Redacted;
}
