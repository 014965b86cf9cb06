using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetControl.Network;

namespace NetControl.Engine.Interop.Linux;

/// <summary>A fixed number of datagrams for one sendmmsg or recvmmsg: their buffers, addresses and control blocks.</summary>
/// <remarks>
/// Owner: one loop. Lifetime: the owner disposes. Buffers: the description lies in native memory of this object; the payloads do not, and
/// the spans given to <see cref="SetBuffer"/> must be native or pinned until the call they are meant for has returned.
/// </remarks>
internal sealed unsafe class MessageBatch : IDisposable
{
    private readonly int _controlRoom;
    private MMsgHdr* _messages;
    private IoVec* _pieces;
    private SockAddr* _names;
    private byte* _controls;

    /// <summary>
    /// Makes room for so many datagrams, each with <paramref name="controlRoom"/> bytes for control entries (0: none; 64 is plenty for
    /// UDP_GRO).
    /// </summary>
    public MessageBatch(int capacity, int controlRoom)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        Capacity = capacity;
        _controlRoom = (controlRoom + 7) & ~7;
        _messages = (MMsgHdr*)NativeMemory.AllocZeroed((nuint)capacity, (nuint)sizeof(MMsgHdr));
        _pieces = (IoVec*)NativeMemory.AllocZeroed((nuint)capacity, (nuint)sizeof(IoVec));
        _names = (SockAddr*)NativeMemory.AllocZeroed((nuint)capacity, (nuint)sizeof(SockAddr));
        _controls = _controlRoom == 0 ? null : (byte*)NativeMemory.AllocZeroed((nuint)capacity, (nuint)_controlRoom);
        for (int i = 0; i < capacity; i++)
        {
            _messages[i].Header.Pieces = _pieces + i;
            _messages[i].Header.PieceCount = 1;
        }
    }

    /// <summary>How many datagrams fit.</summary>
    public int Capacity { get; }

    /// <summary>Names the memory of datagram <paramref name="index"/>: what is sent, or where it is received. Must not move.</summary>
    public void SetBuffer(int index, ReadOnlySpan<byte> pinned)
    {
        CheckIndex(index);
        _pieces[index] = IoVec.FromPinned(pinned);
    }

    /// <summary>Prepares datagram <paramref name="index"/> for sending on a connected socket, in one piece.</summary>
    public void PrepareSend(int index)
    {
        CheckIndex(index);
        ref MsgHdr header = ref _messages[index].Header;
        header.Name = null;
        header.NameLength = 0;
        header.Control = null;
        header.ControlLength = 0;
    }

    /// <summary>
    /// Prepares datagram <paramref name="index"/> for sending; <paramref name="mapped"/> when the socket is an IPv6 one that also speaks
    /// IPv4.
    /// </summary>
    public void PrepareSend(int index, AddrPort destination, bool mapped)
    {
        PrepareSend(index);
        _names[index].Write(destination, mapped);
        ref MsgHdr header = ref _messages[index].Header;
        header.Name = _names + index;
        header.NameLength = (uint)_names[index].Length;
    }

    /// <summary>After PrepareSend: lets the kernel cut the datagram into pieces of so many bytes (UDP_SEGMENT).</summary>
    public void SetSegmentSize(int index, ushort segmentSize)
    {
        CheckIndex(index);
        byte* control = _controls + ((nint)index * _controlRoom);
        ref MsgHdr header = ref _messages[index].Header;
        header.Control = control;
        header.ControlLength = (nuint)ControlMessage.WriteUdpSegment(new Span<byte>(control, _controlRoom), segmentSize);
    }

    /// <summary>Sends the first <paramref name="count"/>. Returns how many went, or -1 when not even the first did.</summary>
    public int Send(int fd, int count, int flags) => Send(fd, 0, count, flags);

    /// <summary>
    /// Sends <paramref name="count"/> from <paramref name="start"/> on. Returns how many went, or -1 when not even the first of them did.
    /// </summary>
    public int Send(int fd, int start, int count, int flags)
    {
        CheckRange(start, count);
        return Libc.SendMMsg(fd, _messages + start, count, flags);
    }

    /// <summary>Receives up to <paramref name="count"/> datagrams into their buffers. Returns how many came, or -1.</summary>
    public int Receive(int fd, int count, int flags)
    {
        CheckRange(0, count);
        for (int i = 0; i < count; i++)
        {
            // The kernel overwrites these with what it used, so they are set before every call.
            ref MsgHdr header = ref _messages[i].Header;
            header.Name = _names + i;
            header.NameLength = SockAddr.Size;
            header.Control = _controls == null ? null : _controls + ((nint)i * _controlRoom);
            header.ControlLength = (nuint)_controlRoom;
            header.Flags = 0;
        }

        return Libc.RecvMMsg(fd, _messages, count, flags);
    }

    /// <summary>After a call: how many bytes datagram <paramref name="index"/> has.</summary>
    public int Length(int index)
    {
        CheckIndex(index);
        return (int)_messages[index].Length;
    }

    /// <summary>After Receive: the MSG_* flags of datagram <paramref name="index"/>, e.g. MSG_TRUNC.</summary>
    public int Flags(int index)
    {
        CheckIndex(index);
        return _messages[index].Header.Flags;
    }

    /// <summary>After Receive: who sent datagram <paramref name="index"/>; false when the socket gave none.</summary>
    public bool TryGetSource(int index, out AddrPort source)
    {
        CheckIndex(index);
        if (_messages[index].Header.NameLength == 0)
        {
            source = default;
            return false;
        }

        return _names[index].TryRead(out source);
    }

    /// <summary>
    /// After Receive: the size of the pieces that the kernel joined in datagram <paramref name="index"/> (UDP_GRO), or 0.
    /// </summary>
    public int SegmentSize(int index)
    {
        CheckIndex(index);
        ref MsgHdr header = ref _messages[index].Header;
        return header.ControlLength == 0 ? 0 : ControlMessage.FindUdpGro(new ReadOnlySpan<byte>(header.Control, (int)header.ControlLength));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(_messages);
        NativeMemory.Free(_pieces);
        NativeMemory.Free(_names);
        NativeMemory.Free(_controls);
        _messages = null;
        _pieces = null;
        _names = null;
        _controls = null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CheckIndex(int index) => ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Capacity, nameof(index));

    private void CheckRange(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Capacity - start);
    }
}
