using NetControl.Network;
using NetControl.Transport.Dns;

namespace NetControl.Transport.Probes;

/// <summary>Waits for the one datagram that answers a query.</summary>
/// <remarks>A refusal is an answer too, and so is rubbish from who was asked: the way works.</remarks>
internal sealed class AnswerCatcher : IPacketHandler
{
    private readonly TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly AddrPort _asked;
    private readonly ushort _id;

    /// <summary>Waits for what who was asked sends, or for an answer with the query's id from elsewhere: a hop may have led it there.</summary>
    public AnswerCatcher(AddrPort asked, ushort id)
    {
        _asked = asked;
        _id = id;
    }

    /// <summary>Done when it came; fails when it cannot come any more. Continues on the thread pool.</summary>
    public Task Answer => _answer.Task;

    /// <inheritdoc/>
    public void OnPacket(ReadOnlySpan<byte> payload, in AddrPort source)
    {
        if (source == _asked || (DnsHeader.TryParse(payload, out DnsHeader header) && header.IsResponse && header.Id == _id))
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
