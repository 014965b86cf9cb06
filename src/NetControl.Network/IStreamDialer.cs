namespace NetControl.Network;

/// <summary>Opens streams to destinations. A protocol's dialer reaches its proxy through an <see cref="IStreamEndpoint"/> and is itself a dialer.</summary>
public interface IStreamDialer
{
    /// <summary>Opens a stream. May be called from several threads at once.</summary>
    /// <param name="destination">Where to; a name is resolved as late as the protocol allows.</param>
    /// <param name="cancellationToken">Gives the dial up; nothing stays open.</param>
    /// <exception cref="DialException">The dial failed; its <see cref="DialException.Failure"/> says why.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default);
}
