namespace NetControl.Network;

/// <summary>The one exception of the packet seams; <see cref="Error"/> says which of the few things went wrong.</summary>
/// <remarks>
/// Deliberately unrelated to <see cref="ObjectDisposedException"/> and <see cref="System.Net.Sockets.SocketException"/>: a caller that
/// handles "this device is closed" must not catch the platform's own closed errors by accident. Test with
/// <c>catch (NetworkException e) when (e.Error == NetworkError.Closed)</c>.
/// </remarks>
public sealed class NetworkException : Exception
{
    /// <summary>Makes an exception with the standard text of the error.</summary>
    public NetworkException(NetworkError error)
        : this(error, DefaultMessage(error))
    {
    }

    /// <summary>Makes an exception with a text of its own.</summary>
    public NetworkException(NetworkError error, string message)
        : base(message)
    {
        Error = error;
    }

    /// <summary>Makes an exception with a text and the cause beneath it.</summary>
    public NetworkException(NetworkError error, string message, Exception innerException)
        : base(message, innerException)
    {
        Error = error;
    }

    /// <summary>What went wrong.</summary>
    public NetworkError Error { get; }

    private static string DefaultMessage(NetworkError error) => error switch
    {
        NetworkError.Closed => "network device already closed",
        NetworkError.PortUnreachable => "port is not reachable",
        NetworkError.MessageTooLarge => "message is larger than the MTU",
        NetworkError.InvalidMessage => "message is not of the protocol that is served here",
        _ => error.ToString(),
    };
}
