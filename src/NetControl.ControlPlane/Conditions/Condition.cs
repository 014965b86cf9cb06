namespace NetControl.ControlPlane.Conditions;

/// <summary>One thing that is so about a resource, or is not, and since when.</summary>
/// <param name="Type">What it is about, e.g. <c>Ready</c>.</param>
/// <param name="Holds">Whether it is so; null where that is not known.</param>
/// <param name="Reason">Why, for programs, in capitals.</param>
/// <param name="Message">Why, for people; empty where the reason says it all.</param>
/// <param name="Since">When it last changed between so, not so and not known, as far as this process knows.</param>
public sealed record Condition(string Type, bool? Holds, string Reason, string Message = "", DateTimeOffset Since = default);
