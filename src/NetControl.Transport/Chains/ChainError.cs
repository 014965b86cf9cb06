namespace NetControl.Transport.Chains;

/// <summary>Where and why a chain's text could not be read.</summary>
/// <param name="Part">Which part, from 1.</param>
/// <param name="Column">Which character of the whole text, from 1.</param>
/// <param name="Message">What is wrong there, and the fix. Holds no secret.</param>
public sealed record ChainError(int Part, int Column, string Message)
{
    /// <summary>The sentence that users see.</summary>
    public override string ToString() => $"part {Part}, column {Column}: {Message}";
}
