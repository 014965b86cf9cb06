namespace NetControl.ControlPlane.Validation;

/// <summary>One thing that is wrong with a request or a document.</summary>
/// <param name="Field">The path of the field, <c>devices[0].addresses[1]</c>.</param>
/// <param name="Description">The value, what is wrong with it, and how to put it right.</param>
/// <param name="Reason">The kind of fault, in capitals, for programs.</param>
public sealed record Violation(string Field, string Description, string Reason)
{
    /// <summary>A violation of which the value may be shown: it in quotes, what is wrong with it, and the fix.</summary>
    public Violation(string field, string value, string problem, string fix, string reason)
        : this(field, $"\"{value}\" {problem}; {fix}", reason)
    {
    }

    /// <summary><c>field: description</c>, as a person reads it.</summary>
    public override string ToString() => $"{Field}: {Description}";
}
