namespace NetControl.Transport.Chains;

/// <summary>One option of a hop, as it was written.</summary>
/// <param name="Value">The value, decoded.</param>
/// <param name="Offset">Where in the hop's text the value begins, from 0.</param>
public readonly record struct HopOption(string Value, int Offset);
