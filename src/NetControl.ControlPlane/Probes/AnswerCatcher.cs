using NetControl.Network;

namespace NetControl.ControlPlane.Probes;

/// <summary>Waits for the one datagram that answers a query.</summary>
internal sealed class AnswerCatcher : IPacketHandler
{
    private readonly TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ushort _id;

    /// <summary>Waits for the answer with this id.</summary>
    public AnswerCatcher(ushort id) => _id = id;

    /// <summary>Done when it came; fails when it cannot come any more. Continues on the thread pool.</summary>
    public Task Answer => _answer.Task;

    /// <inheritdoc/>
    public void OnPacket(ReadOnlySpan<byte> payload, in AddrPort source)
    {
        if (DnsProbe.IsAnswer(payload, _id))
        {
            _answer.TrySetResult();
        }
    }

    /// <inheritdoc/>
    public void OnUnreachable(in AddrPort destination, UnreachableReason reason) => _answer.TrySetException(new DialException(
        reason switch
        {
            UnreachableReason.Port => DialFailure.Refused,
            UnreachableReason.Network => DialFailure.NetworkUnreachable,
            UnreachableReason.Prohibited => DialFailure.NotAllowed,
            _ => DialFailure.HostUnreachable,
        },
        $"{destination} came back as unreachable: {reason}"));

    /// <inheritdoc/>
    public void OnClosed(Exception? error) =>
        _answer.TrySetException(new IOException(error is null ? "the socket was closed" : error.Message, error));
}
