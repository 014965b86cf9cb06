using System.Runtime.InteropServices;

namespace NetControl.Engine.Interop.Linux;

/// <summary><c>struct user_msghdr</c> (linux/socket.h), 56 bytes on 64-bit machines.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MsgHdr
{
    public SockAddr* Name;
    public uint NameLength;
    public IoVec* Pieces;
    public nuint PieceCount;
    public byte* Control;
    public nuint ControlLength;
    public int Flags;
}
