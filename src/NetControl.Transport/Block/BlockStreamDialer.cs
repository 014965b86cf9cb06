using NetControl.Network;

namespace NetControl.Transport.Block;

/// <summary>Dials nothing, and says so in the way that was chosen.</summary>
public sealed class BlockStreamDialer : IStreamDialer
{
    /// <summary>How long a dial is left without an answer, if its caller does not give it up before: as long as TCP itself tries (RFC 9293 section 3.8.3).</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly BlockReason _reason;
    private readonly TimeProvider _time;

    /// <summary>Makes a dialer.</summary>
    /// <param name="reason">What to say.</param>
    /// <param name="timeProvider">The clock of <see cref="BlockReason.Timeout"/>; an event loop's where dials are made on loops.</param>
    public BlockStreamDialer(BlockReason reason, TimeProvider? timeProvider = null)
    {
        _reason = reason;
        _time = timeProvider ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    /// <exception cref="DialException">Always.</exception>
    public ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default) =>
        _reason == BlockReason.Timeout ? WaitAsync(cancellationToken) : ValueTask.FromException<IStreamConnection>(Refusal(_reason));

    /// <summary>What a blocked dial fails with.</summary>
    internal static DialException Refusal(BlockReason reason) => reason switch
    {
        BlockReason.Refused => new DialException(DialFailure.Refused, "block: the connection is refused here"),
        BlockReason.Unreachable => new DialException(DialFailure.HostUnreachable, "block: the host is made unreachable here"),
        BlockReason.Timeout => new DialException(DialFailure.TimedOut, "block: the connection is left without an answer here"),
        _ => new DialException(DialFailure.NotAllowed, "block: the connection is not allowed here"),
    };

    private async ValueTask<IStreamConnection> WaitAsync(CancellationToken cancellationToken)
    {
        // Completed where the timer or the caller's token fires: on a loop, inline.
        var over = new TaskCompletionSource();
        using var timer = new CancellationTokenSource(Patience, _time);
        CancellationTokenRegistration late = timer.Token.UnsafeRegister(static over => ((TaskCompletionSource)over!).TrySetResult(), over);
        CancellationTokenRegistration gone = cancellationToken.UnsafeRegister(static over => ((TaskCompletionSource)over!).TrySetResult(), over);
        await over.Task;
        late.Unregister();
        gone.Unregister();
        cancellationToken.ThrowIfCancellationRequested();
        throw Refusal(BlockReason.Timeout);
    }
}
