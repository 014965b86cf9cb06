using NetControl.Network;

namespace NetControl.Fuzz.Targets;

/// <summary>The outside world: dials that succeed, fail or hang by the destination's port; streams and datagrams as the script says.</summary>
internal sealed class ScriptedUpstreams : IStreamDialer, IPacketProxy
{
    private readonly List<(TaskCompletionSource<IStreamConnection> Answer, CancellationTokenRegistration Cancellation)> _hanging = [];
    private readonly List<ScriptedStream> _streams = [];
    private readonly List<IPacketResponseReceiver> _receivers = [];
    private int _sessions;

    /// <summary>Streams that nobody has ended.</summary>
    public int Live => _streams.Count(stream => !stream.IsEnded);

    /// <summary>Forgets everything.</summary>
    public void Reset()
    {
        _hanging.Clear();
        _streams.Clear();
        _receivers.Clear();
        _sessions = 0;
    }

    public ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default)
    {
        switch (destination.Port & 7)
        {
            case 1:
                return ValueTask.FromException<IStreamConnection>(new DialException(DialFailure.Refused, "refused"));
            case 2 or 3:
                TaskCompletionSource<IStreamConnection> answer = new();
                _hanging.Add((answer, cancellationToken.Register(() => answer.TrySetCanceled(cancellationToken))));
                return new ValueTask<IStreamConnection>(answer.Task);
            case 4:
                throw new DialException(DialFailure.HostUnreachable, "thrown at once");
            case 5:
                return ValueTask.FromException<IStreamConnection>(new DialException(DialFailure.NotAllowed, "not allowed"));
            default:
                return new ValueTask<IStreamConnection>(Open());
        }
    }

    /// <summary>One of the streams or hanging dials does something.</summary>
    public void Act(int which, int what, int amount)
    {
        if (what >= 4 && _hanging.Count > 0)
        {
            int index = which % _hanging.Count;
            (TaskCompletionSource<IStreamConnection> answer, CancellationTokenRegistration cancellation) = _hanging[index];
            _hanging.RemoveAt(index);
            if (!answer.Task.IsCompleted)
            {
                cancellation.Dispose();
                if (what == 4)
                {
                    answer.TrySetResult(Open());
                }
                else
                {
                    answer.TrySetException(new DialException((DialFailure)(amount % Enum.GetValues<DialFailure>().Length), "late"));
                }
            }
        }
        else if (_streams.Count > 0)
        {
            _streams[which % _streams.Count].Act(what & 3, amount);
        }
    }

    /// <summary>Something comes back for a UDP session.</summary>
    public void Answer(int what, int length)
    {
        if (_receivers.Count == 0)
        {
            return;
        }

        IPacketResponseReceiver receiver = _receivers[(what >> 2) % _receivers.Count];
        AddrPort from = AddrPort.Parse((what & 64) != 0 ? "[fd99::1]:80" : "198.18.0.1:80");
        try
        {
            switch (what & 3)
            {
                case 0:
                    receiver.WriteFrom(new byte[length], from);
                    break;
                case 1:
                    receiver.WriteFrom(new byte[Math.Min(length * 257, UdpLimit)], from);
                    break;
                case 2:
                    (receiver as IPacketErrorReceiver)?.OnUnreachable(from, (UnreachableReason)(length % Enum.GetValues<UnreachableReason>().Length));
                    break;
                default:
                    receiver.Close();
                    break;
            }
        }
        catch (NetworkException)
        {
            // The session is over, or the datagram does not fit: the receiver says so.
        }
    }

    private const int UdpLimit = 65_507;

    public IPacketRequestSender NewSession(IPacketResponseReceiver responses)
    {
        switch (_sessions++ % 11)
        {
            case 7:
                throw new DialException(DialFailure.NotAllowed, "not allowed");
            case 8:
                throw new DialException(DialFailure.LocalLimit, "too many");
            case 9:
                responses.Close();
                break;
        }

        _receivers.Add(responses);
        return new Sender();
    }

    private ScriptedStream Open()
    {
        ScriptedStream stream = new();
        _streams.Add(stream);
        return stream;
    }

    /// <summary>Takes datagrams; some it finds too large.</summary>
    private sealed class Sender : IPacketRequestSender
    {
        public int WriteTo(ReadOnlySpan<byte> payload, in AddrPort destination) =>
            payload.Length == 13 ? throw new NetworkException(NetworkError.MessageTooLarge) : payload.Length;

        public void Close()
        {
        }
    }
}
