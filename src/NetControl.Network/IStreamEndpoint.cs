namespace NetControl.Network;

/// <summary>Opens streams to one fixed place, such as a proxy server.</summary>
public interface IStreamEndpoint
{
    /// <summary>Opens a stream. May be called from several threads at once.</summary>
    /// <exception cref="DialException">The endpoint cannot be reached.</exception>
    ValueTask<IStreamConnection> ConnectAsync(CancellationToken cancellationToken = default);
}
