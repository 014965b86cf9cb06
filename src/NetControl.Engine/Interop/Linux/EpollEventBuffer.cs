using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NetControl.Engine.Interop.Linux;

/// <summary>Room for what one epoll_wait returns, readable by index.</summary>
/// <remarks>
/// <c>struct epoll_event</c> (linux/eventpoll.h) is packed to 12 bytes on x86-64 only and has 16 bytes elsewhere, so the entries are read
/// by offset rather than through a struct. Owner: one loop. Buffers: one pinned array for the object's life.
/// </remarks>
internal sealed class EpollEventBuffer
{
    /// <summary>The size of one kernel entry.</summary>
    public static readonly int Stride = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    /// <summary>Where the 64-bit user value lies inside an entry.</summary>
    public static readonly int DataOffset = Stride - sizeof(ulong);

    private readonly byte[] _bytes;

    /// <summary>Makes room for so many events.</summary>
    public EpollEventBuffer(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        Capacity = capacity;
        _bytes = GC.AllocateArray<byte>(capacity * Stride, pinned: true);
    }

    /// <summary>How many events fit.</summary>
    public int Capacity { get; }

    internal Span<byte> Bytes => _bytes;

    /// <summary>The readiness bits of entry <paramref name="index"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public EpollEvents Events(int index) => (EpollEvents)MemoryMarshal.Read<uint>(_bytes.AsSpan(index * Stride));

    /// <summary>The user value of entry <paramref name="index"/>, as given to <see cref="Libc.EpollCtl"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Data(int index) => MemoryMarshal.Read<ulong>(_bytes.AsSpan((index * Stride) + DataOffset));
}
