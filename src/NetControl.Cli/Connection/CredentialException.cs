namespace NetControl.Cli.Connection;

/// <summary>A credential that cannot be used: the option, the value and the fix.</summary>
internal sealed class CredentialException : Exception
{
    public CredentialException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
