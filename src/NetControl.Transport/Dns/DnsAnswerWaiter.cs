using NetControl.Network;

namespace NetControl.Transport.Dns;

/// <summary>Waits on a socket for the datagram that answers a query. Continues where the socket's calls are made.</summary>
internal sealed class DnsAnswerWaiter(ReadOnlyMemory<byte> query, CancellationToken cancellationToken) : IPacketHandler
{
    private const int MostFaultsKept = 4;
    private readonly TaskCompletionSource<byte[]> _answer = new();
    private readonly List<Exception> _faults = [];

    /// <summary>The answer; fails once none can come any more.</summary>
    public Task<byte[]> Answer => _answer.Task;

    /// <inheritdoc/>
    public void OnPacket(ReadOnlySpan<byte> payload, in AddrPort source)
    {
        if (DnsAnswerCheck.Fault(query.Span, payload) is not { } fault)
        {
            _answer.TrySetResult(payload.ToArray());
        }
        else if (_faults.Count < MostFaultsKept)
        {
            _faults.Add(new DnsException(DnsError.BadResponse, fault));
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Ends the wait although an ICMP error can be forged as well as an answer can: nobody listening is what it nearly always means, and the
    /// next try has another port.
    /// </remarks>
    public void OnUnreachable(in AddrPort destination, UnreachableReason reason) =>
        Fail(new IOException($"{destination} is unreachable: {reason}"));

    /// <inheritdoc/>
    public void OnClosed(Exception? error)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            _answer.TrySetCanceled(cancellationToken);
        }
        else
        {
            Fail(error ?? new EndOfStreamException("the socket was closed"));
        }
    }

    private void Fail(Exception last) => _answer.TrySetException(new DnsException(
        DnsError.Receive,
        $"the answer did not come: {last.Message}",
        _faults.Count == 0 ? last : new AggregateException([.. _faults, last])));
}
