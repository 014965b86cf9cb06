namespace NetControl.Network;

/// <summary>A packet proxy that forwards to another one, which can be replaced at any time under live traffic.</summary>
/// <remarks>
/// Replacing is one atomic reference write: after <see cref="SetProxy"/> returns, every new session goes to the new proxy. Sessions that
/// exist stay with the proxy they were born with, for ever; nothing is drained or closed.
/// </remarks>
public sealed class DelegatePacketProxy : IPacketProxy
{
    private volatile IPacketProxy _proxy;

    /// <summary>Forwards to this proxy until another is set.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="proxy"/> is null.</exception>
    public DelegatePacketProxy(IPacketProxy proxy)
    {
        ArgumentNullException.ThrowIfNull(proxy);
        _proxy = proxy;
    }

    /// <inheritdoc/>
    /// <remarks>The receiver is passed on untouched: whether null is refused is the inner proxy's decision.</remarks>
    public IPacketRequestSender NewSession(IPacketResponseReceiver responses) => _proxy.NewSession(responses);

    /// <summary>Replaces the proxy for every session yet to come. It may be of another type.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="proxy"/> is null; the old proxy stays.</exception>
    public void SetProxy(IPacketProxy proxy)
    {
        ArgumentNullException.ThrowIfNull(proxy);
        _proxy = proxy;
    }
}
