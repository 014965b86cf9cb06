namespace NetControl.Network;

/// <summary>The one exception of the stream seam: a dial or a listen that did not succeed, with the reason as a value.</summary>
public class DialException : Exception
{
    /// <summary>Makes an exception.</summary>
    public DialException(DialFailure failure, string message)
        : base(message)
    {
        Failure = failure;
    }

    /// <summary>Makes an exception with the cause beneath it.</summary>
    public DialException(DialFailure failure, string message, Exception? innerException)
        : base(message, innerException)
    {
        Failure = failure;
    }

    /// <summary>Why the dial failed.</summary>
    public DialFailure Failure { get; }
}
