using System.Runtime.CompilerServices;
using NetControl.Engine.Sessions;
using NetControl.Network;

namespace NetControl.ControlPlane.Dialers;

/// <summary>A dialer whose dials are measured; what it returns is the inner dialer's own connection.</summary>
/// <remarks>Awaits nothing but the inner dial, so on an event loop it never leaves the loop's thread.</remarks>
internal sealed class MeteredDialer : IStreamDialer
{
    private readonly IStreamDialer _inner;
    private readonly ProxyMeter _meter;
    private readonly DialStage _stage;
    private readonly Func<HostPort, bool> _judging;
    private readonly HostPort? _first;

    /// <summary>Makes a dialer.</summary>
    /// <param name="inner">Dials.</param>
    /// <param name="meter">Told of each dial.</param>
    /// <param name="stage">What a dial of this dialer is.</param>
    /// <param name="judging">Whether the outcome of dialling a destination says something about the proxy.</param>
    /// <param name="first">The server that leads on: a session is told when it has taken its connection. Null for none.</param>
    public MeteredDialer(IStreamDialer inner, ProxyMeter meter, DialStage stage, Func<HostPort, bool> judging, HostPort? first = null)
    {
        _first = first;
        _inner = inner;
        _meter = meter;
        _stage = stage;
        _judging = judging;
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default)
    {
        DialNote.Place note = destination == _first ? DialNote.Current : default;
        long start = _meter.Now;
        try
        {
            IStreamConnection connection = await _inner.DialAsync(destination, cancellationToken);
            note.NoteConnected(_meter.Since(start));

            // That a server takes connections does not say that it speaks: the whole dial does.
            _meter.Succeeded(_stage, start, _stage == DialStage.Dial && _judging(destination));
            return connection;
        }
        catch (Exception e)
        {
            _meter.Failed(_stage, start, e, _judging(destination));
            throw;
        }
    }
}
