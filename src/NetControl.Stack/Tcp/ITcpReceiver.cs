namespace NetControl.Stack.Tcp;

/// <summary>Takes in-order payload straight from the packet, before anything is copied. A generic struct parameter, so that the call is direct.</summary>
public interface ITcpReceiver
{
    /// <summary>Offers payload. What is not taken is copied into the receive buffer.</summary>
    /// <returns>How many bytes were taken, from the front.</returns>
    int Receive(ReadOnlySpan<byte> payload);
}
