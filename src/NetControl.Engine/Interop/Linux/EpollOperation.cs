namespace NetControl.Engine.Interop.Linux;

/// <summary>What <see cref="Libc.EpollCtl"/> does with a descriptor (linux/eventpoll.h).</summary>
internal enum EpollOperation
{
    Add = 1,
    Delete = 2,
    Modify = 3,
}
