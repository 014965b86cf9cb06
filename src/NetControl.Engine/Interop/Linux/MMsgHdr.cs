using System.Runtime.InteropServices;

namespace NetControl.Engine.Interop.Linux;

/// <summary><c>struct mmsghdr</c> (linux/socket.h), 64 bytes on 64-bit machines.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MMsgHdr
{
    public MsgHdr Header;
    public uint Length;
}
