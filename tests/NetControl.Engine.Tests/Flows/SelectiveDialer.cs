using NetControl.Network;

namespace NetControl.Engine.Tests.Flows;

/// <summary>A dialer that dials one destination and lets all others hang, or refuses them.</summary>
internal sealed class SelectiveDialer(IStreamDialer inner, ushort port, bool refuses = false) : IStreamDialer
{
    private int _dials;

    /// <summary>Dials of the other destinations.</summary>
    public int Dials => Volatile.Read(ref _dials);

    public ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default)
    {
        if (destination.Address.Port == port)
        {
            return inner.DialAsync(destination, cancellationToken);
        }

        Interlocked.Increment(ref _dials);
        if (refuses)
        {
            return ValueTask.FromException<IStreamConnection>(new DialException(DialFailure.Refused, "no"));
        }

        TaskCompletionSource<IStreamConnection> never = new();
        cancellationToken.Register(() => never.TrySetCanceled(cancellationToken));
        return new ValueTask<IStreamConnection>(never.Task);
    }
}
