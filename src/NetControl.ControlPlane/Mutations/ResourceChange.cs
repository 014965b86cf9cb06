namespace NetControl.ControlPlane.Mutations;

/// <summary>One resource before and after a change, as reads give it.</summary>
/// <param name="Sequence">The change's number in this life of the process; what changed together shares it.</param>
/// <param name="Name">The resource name.</param>
/// <param name="Before">The view before; null when it is new.</param>
/// <param name="After">The view after; null when it is gone.</param>
/// <param name="Derived">Nobody changed the resource itself: what it tells about others, or what it is doing, has changed.</param>
public sealed record ResourceChange(long Sequence, string Name, object? Before, object? After, bool Derived);
