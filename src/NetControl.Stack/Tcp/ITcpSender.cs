namespace NetControl.Stack.Tcp;

/// <summary>Takes the segments that a connection sends. A generic struct parameter, so that the call is direct.</summary>
public interface ITcpSender
{
    /// <summary>Sends a segment. One that cannot be sent is lost, as on any wire; recovery is the connection's business.</summary>
    void Send(TcpConnection connection, ref TcpOutput segment);
}
