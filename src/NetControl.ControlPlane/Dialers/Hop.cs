namespace NetControl.ControlPlane.Dialers;

/// <summary>One link of a chain, as it was configured.</summary>
public abstract record Hop
{
    /// <summary>The registered type, the scheme of its text.</summary>
    public abstract string Type { get; }

    /// <summary>Its text with every secret replaced.</summary>
    public abstract string Redacted { get; }

    /// <summary>The redacted text: a hop must never print its secrets by accident.</summary>
    public sealed override string ToString() => Redacted;
}
