using System.Runtime.InteropServices;

namespace NetControl.Engine.Interop.Linux;

/// <summary>Owns one file descriptor and closes it once.</summary>
/// <remarks>
/// Lifetime: whoever holds the object disposes it. Hot calls take the plain number from <see cref="Value"/>; a holder that disposes while
/// another thread still uses the number risks that the kernel has given it to someone else, so a loop closes its own descriptors itself.
/// </remarks>
internal sealed class SafeFd : SafeHandle
{
    /// <summary>Takes ownership of a descriptor; a negative one makes an invalid object.</summary>
    public SafeFd(int fd)
        : base(-1, ownsHandle: true)
    {
        SetHandle(fd);
    }

    /// <summary>The descriptor's number, or -1.</summary>
    public int Value => (int)handle;

    /// <inheritdoc/>
    public override bool IsInvalid => handle < 0;

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Libc.Close((int)handle) == 0;
}
