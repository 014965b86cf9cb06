using NetControl.Network;

namespace NetControl.Transport.Disorder;

/// <summary>
/// Dials streams of which one write is first sent with a hop limit of 1: it is lost on the way, what follows overtakes it, and TCP repeats it.
/// </summary>
/// <remarks>The inner dialer has to give the socket itself (<see cref="IHopLimited"/>): nobody else has packets.</remarks>
public sealed class DisorderStreamDialer : IStreamDialer
{
    private readonly IStreamDialer _inner;
    private readonly int _write;

    /// <summary>Makes a dialer.</summary>
    /// <param name="inner">Opens the sockets.</param>
    /// <param name="write">Which write, from 0.</param>
    public DisorderStreamDialer(IStreamDialer inner, int write)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentOutOfRangeException.ThrowIfNegative(write);
        _inner = inner;
        _write = write;
    }

    /// <inheritdoc/>
    /// <exception cref="DialException">The inner dialer failed, or gave something that is no socket.</exception>
    public async ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default)
    {
        IStreamConnection connection = await _inner.DialAsync(destination, cancellationToken);
        if (connection is IHopLimited socket)
        {
            return new DisorderConnection(connection, socket, _write);
        }

        connection.Abort();
        connection.Dispose();
        throw new DialException(DialFailure.Other, "disorder needs the TCP socket itself; make it the first hop of the chain");
    }
}
