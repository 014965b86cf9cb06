namespace NetControl.Cli.Input;

/// <summary>A document that cannot be read; the message holds every fault.</summary>
internal sealed class DocumentException : Exception
{
    public DocumentException(string message)
        : base(message)
    {
    }
}
