using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NetControl.Engine.Interop.Linux;

/// <summary><c>struct iovec</c> (linux/uio.h): an address and a length.</summary>
/// <remarks>Buffers: holds a bare address. The memory must be native or pinned (<c>GC.AllocateArray(pinned: true)</c>) for as long as the
/// value is used.</remarks>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct IoVec
{
    private readonly nint _base;
    private readonly nuint _length;

    private IoVec(nint start, nuint length)
    {
        _base = start;
        _length = length;
    }

    /// <summary>How many bytes.</summary>
    public int Length => (int)_length;

    /// <summary>Points at memory that does not move.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe IoVec FromPinned(ReadOnlySpan<byte> memory) =>
        new((nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(memory)), (nuint)memory.Length);
}
