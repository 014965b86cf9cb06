using NetControl.Network;

namespace NetControl.Transport.Chains;

/// <summary>One link of a chain, as it was configured.</summary>
/// <remarks>Immutable. To add a kind of hop: derive from this, write its <see cref="HopType"/>, and register that in a <see cref="HopRegistry"/>.</remarks>
public abstract record Hop
{
    /// <summary>What stands in a redacted text where a secret was. A text that is to be put in force must not hold it there.</summary>
    public const string RedactedSecret = "REDACTED";

    /// <summary>The registered type, the scheme of its text.</summary>
    public abstract string Type { get; }

    /// <summary>Its text, secrets included; its <see cref="HopType"/> reads an equal hop from it.</summary>
    public abstract string Text { get; }

    /// <summary>Its text with every secret replaced, and nothing else.</summary>
    public abstract string Redacted { get; }

    /// <summary>The servers that it dials of itself, through the hops before it. A hop that only shapes what passes has none.</summary>
    public virtual IReadOnlyList<HostPort> Servers => [];

    /// <summary>
    /// Whether what passes the hop passes its servers. A hop whose servers are only asked, as resolvers are, leaves what is dialled to the
    /// hops before it.
    /// </summary>
    public virtual bool LeadsThroughServers => Servers.Count > 0;

    /// <summary>Where it leads what the hops behind it dial; where it is asked to, unless it shifts every destination.</summary>
    public virtual HostPort Redirect(HostPort destination) => destination;

    /// <summary>The servers that it reaches straight from this machine, past the hops before it.</summary>
    public virtual IReadOnlyList<HostPort> DirectServers => [];

    /// <summary>
    /// What this machine lacks for the hop, such as a file, with the fix; null if nothing. Asked when a chain is configured, not when one that was
    /// is restored: such a chain's dials fail until it is there.
    /// </summary>
    public virtual string? FindFault() => null;

    /// <summary>Puts the hop around a way. Opens and dials nothing; thread rule: any thread.</summary>
    public abstract Way Wrap(Way inner, HopContext context);

    /// <summary>The redacted text: a hop must never print its secrets by accident.</summary>
    public sealed override string ToString() => Redacted;
}
