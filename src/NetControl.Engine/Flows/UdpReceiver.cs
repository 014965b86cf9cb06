using NetControl.Engine.Loops;
using NetControl.Network;

namespace NetControl.Engine.Flows;

/// <summary>The receiver that a proxy gets for one UDP session: forwards on the loop, copies and posts from elsewhere.</summary>
/// <remarks>Thread rule: any thread. Closing is decided once, by whoever comes first; the flow hears of it on its loop.</remarks>
internal sealed class UdpReceiver : IPacketResponseReceiver, IPacketErrorReceiver
{
    private readonly EventLoop _loop;
    private UdpFlow? _flow;
    private int _closed;

    /// <summary>Makes the receiver of a flow's current session.</summary>
    public UdpReceiver(EventLoop loop, UdpFlow flow)
    {
        _loop = loop;
        _flow = flow;
    }

    /// <inheritdoc/>
    public int WriteFrom(ReadOnlySpan<byte> payload, in AddrPort source)
    {
        if (Volatile.Read(ref _closed) != 0)
        {
            throw new NetworkException(NetworkError.Closed);
        }

        if (_loop.InLoop)
        {
            _flow?.OnReply(payload, source);
            return payload.Length;
        }

        PostReply(payload.ToArray(), source);
        return payload.Length;
    }

    /// <inheritdoc/>
    public void OnUnreachable(in AddrPort destination, UnreachableReason reason)
    {
        if (_loop.InLoop)
        {
            _flow?.OnUnreachable(destination, reason);
            return;
        }

        PostUnreachable(destination, reason);
    }

    /// <inheritdoc/>
    public void Close()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            throw new NetworkException(NetworkError.Closed);
        }

        if (_loop.InLoop)
        {
            _flow?.OnProxyClosed();
        }
        else
        {
            _loop.Post(static receiver => ((UdpReceiver)receiver!)._flow?.OnProxyClosed(), this);
        }
    }

    /// <summary>Cuts the tie to the flow: its session is over. On the loop.</summary>
    public void Detach()
    {
        _flow = null;
        Volatile.Write(ref _closed, 1);
    }

    // Methods of their own: the closure of a lambda is made where the method begins, and on the loop there shall be none.
    private void PostReply(byte[] copy, AddrPort source) => _loop.Post(_ => _flow?.OnReply(copy, source), null);

    private void PostUnreachable(AddrPort destination, UnreachableReason reason) => _loop.Post(_ => _flow?.OnUnreachable(destination, reason), null);
}
