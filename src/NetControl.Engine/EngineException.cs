namespace NetControl.Engine;

/// <summary>The engine's one exception towards the control plane; <see cref="Error"/> is the reason, the text names value and fix.</summary>
public sealed class EngineException : Exception
{
    /// <summary>Makes an exception.</summary>
    public EngineException(EngineError error, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Error = error;
    }

    /// <summary>The reason.</summary>
    public EngineError Error { get; }
}
