using System.Diagnostics.CodeAnalysis;

namespace NetControl.Transport.Chains;

/// <summary>A kind of hop: how its text is read.</summary>
/// <remarks>Immutable, any thread.</remarks>
public abstract class HopType
{
    /// <summary>The scheme: lower case, as RFC 3986 section 3.1 allows it.</summary>
    public abstract string Name { get; }

    /// <summary>The grammar of its text in one line, for errors and help.</summary>
    public abstract string Grammar { get; }

    /// <summary>
    /// Why no chain may use it in this build, and what to use instead; null where it may. Such a type is read, so that the error says this
    /// rather than that the word is unknown, and is listed nowhere.
    /// </summary>
    public virtual string? Unavailable => null;

    /// <summary>A redacted text with made-up secrets in the places of the words, so that it can be read like any other. Not for use.</summary>
    public virtual string FillIn(string redacted)
    {
        ArgumentNullException.ThrowIfNull(redacted);
        return redacted.Replace($"{Hop.RedactedSecret}@", "user:password@", StringComparison.Ordinal);
    }

    /// <summary>Reads a hop, or says where the text is wrong. The error holds no secret.</summary>
    public abstract bool TryParse(HopText text, [NotNullWhen(true)] out Hop? hop, [NotNullWhen(false)] out ChainError? error);
}
