using NetControl.Network;

namespace NetControl.Engine.Tests.Flows;

/// <summary>A dialer whose every dial is answered by the test.</summary>
internal sealed class ScriptedDialer : IStreamDialer
{
    private readonly System.Threading.Channels.Channel<Dial> _dials = System.Threading.Channels.Channel.CreateUnbounded<Dial>();

    /// <summary>Complete a dial whose token is cancelled, inside the cancellation, as the engine's own sockets do.</summary>
    public bool HonoursCancellation { get; init; }

    /// <summary>Thrown by the call itself.</summary>
    public Exception? Throws { get; set; }

    public ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default)
    {
        if (Throws is not null)
        {
            throw Throws;
        }

        Dial dial = new(destination, cancellationToken);
        if (HonoursCancellation)
        {
            cancellationToken.Register(() => dial.Answer.TrySetCanceled(cancellationToken));
        }

        _dials.Writer.TryWrite(dial);
        return new ValueTask<IStreamConnection>(dial.Answer.Task);
    }

    public async Task<Dial> NextAsync() => await _dials.Reader.ReadAsync().AsTask().WaitAsync(Testing.PeerHost.Patience);

    public sealed record Dial(HostPort Destination, CancellationToken Token)
    {
        public TaskCompletionSource<IStreamConnection> Answer { get; } = new();
    }
}
