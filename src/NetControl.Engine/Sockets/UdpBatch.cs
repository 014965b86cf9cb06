using NetControl.Engine.Interop.Linux;
using NetControl.Network;

namespace NetControl.Engine.Sockets;

/// <summary>Collects the datagrams of one turn of a loop and hands them to the kernel in as few calls as possible.</summary>
/// <remarks>
/// <para>Datagrams in a row from one socket to one destination and of one size become a single send that the kernel cuts apart
/// (UDP_SEGMENT): the whole network stack is then walked once for up to 64 of them. A shorter datagram may end such a run.</para>
/// <para>Owner: one loop. Buffers: payload is copied once into a pinned arena, because the packet it came in is gone when the turn ends.</para>
/// </remarks>
internal sealed class UdpBatch
{
    // The kernel's UDP_MAX_SEGMENTS is 128 since 6.9 and 64 before; a run must also fit one datagram's 64 KiB.
    private const int MaxSegments = 64;
    private const int MaxRunBytes = 65_000;
    private const int ArenaSize = 512 << 10;
    private const int MaxRuns = 512;
    private readonly byte[] _arena = GC.AllocateUninitializedArray<byte>(ArenaSize, pinned: true);
    private readonly Run[] _runs = new Run[MaxRuns];
    private int _used;
    private int _count;
    private long _dropped;
    private bool _flushing;

    /// <summary>Datagrams that the kernel did not take; read from anywhere.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Adds a datagram.</summary>
    public void Add(LoopUdpSocket socket, ReadOnlySpan<byte> payload, in AddrPort destination)
    {
        if (_flushing)
        {
            socket.SendOne(payload, destination); // a handler answers from within the flush: rare, and the runs must not move now
            return;
        }

        if (_count > 0 && TryExtend(ref _runs[_count - 1], socket, payload, destination))
        {
            return;
        }

        if (_count == MaxRuns || ArenaSize - _used < payload.Length)
        {
            Flush();
        }

        payload.CopyTo(_arena.AsSpan(_used));
        _runs[_count++] = new Run
        {
            Socket = socket,
            Destination = destination,
            Offset = _used,
            Length = payload.Length,
            SegmentSize = payload.Length,
            Segments = 1,
            IsOpen = payload.Length > 0 && socket.CanSegment,
        };
        _used += payload.Length;
    }

    /// <summary>Sends everything.</summary>
    public void Flush()
    {
        if (_flushing)
        {
            return; // a handler that hears "unreachable" while we send may dispose of its socket, which flushes
        }

        _flushing = true;
        for (int i = 0; i < _count; i++)
        {
            ref Run run = ref _runs[i];
            if (run.Socket.IsOpen)
            {
                Send(ref run);
            }

            run.Socket = null!;
        }

        _count = 0;
        _used = 0;
        _flushing = false;
    }

    private bool TryExtend(ref Run run, LoopUdpSocket socket, ReadOnlySpan<byte> payload, in AddrPort destination)
    {
        if (!run.IsOpen || run.Socket != socket || payload.Length > run.SegmentSize || payload.IsEmpty || run.Segments == MaxSegments
            || run.Length + payload.Length > MaxRunBytes || ArenaSize - _used < payload.Length || run.Destination != destination)
        {
            return false;
        }

        payload.CopyTo(_arena.AsSpan(_used));
        _used += payload.Length;
        run.Length += payload.Length;
        run.Segments++;
        run.IsOpen = payload.Length == run.SegmentSize;
        return true;
    }

    private void Send(ref Run run)
    {
        ReadOnlySpan<byte> bytes = _arena.AsSpan(run.Offset, run.Length);
        if (run.Segments > 1)
        {
            Errno error = run.Socket.SendSegmented(bytes, run.SegmentSize, run.Destination);
            if (error == Errno.None)
            {
                return;
            }

            if (error is Errno.EAGAIN or Errno.ENOBUFS)
            {
                // The socket is full. What fits may still go one by one: a part of the run is better than none.
            }
            else
            {
                // EIO: no checksum offload on the way out. EINVAL: larger than the path's MTU, so the pieces must be fragmented.
                run.Socket.StopSegmenting(error);
            }
        }

        for (int at = 0; at < run.Length || run.Length == 0; at += run.SegmentSize)
        {
            int length = Math.Min(run.SegmentSize, run.Length - at);
            if (run.Socket.SendOne(bytes.Slice(at, length), run.Destination) != Errno.None)
            {
                Volatile.Write(ref _dropped, _dropped + 1);
            }

            if (run.Length == 0)
            {
                return;
            }
        }
    }

    private struct Run
    {
        public LoopUdpSocket Socket;
        public AddrPort Destination;
        public int Offset;
        public int Length;
        public int SegmentSize;
        public int Segments;
        public bool IsOpen;
    }
}
