using System.Runtime.CompilerServices;
using NetControl.Network;

namespace NetControl.ControlPlane.Dialers;

/// <summary>A packet listener whose openings are told to those who judge the proxy.</summary>
/// <remarks>One that opens at once has asked nobody, and says nothing. Awaits nothing but the inner listener.</remarks>
internal sealed class MeteredListener : IPacketListener
{
    private readonly IPacketListener _inner;
    private readonly ProxyMeter _meter;

    public MeteredListener(IPacketListener inner, ProxyMeter meter)
    {
        _inner = inner;
        _meter = meter;
    }

    /// <inheritdoc/>
    public ValueTask<IPacketConnection> ListenAsync(CancellationToken cancellationToken = default)
    {
        long start = _meter.Now;
        ValueTask<IPacketConnection> opening = _inner.ListenAsync(cancellationToken);
        return opening.IsCompletedSuccessfully ? opening : WatchAsync(opening, start);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<IPacketConnection> WatchAsync(ValueTask<IPacketConnection> opening, long start)
    {
        try
        {
            IPacketConnection connection = await opening;
            _meter.Succeeded(DialStage.Dial, start, judging: true);
            return connection;
        }
        catch (Exception e)
        {
            _meter.Failed(DialStage.Dial, start, e, judging: true);
            throw;
        }
    }
}
