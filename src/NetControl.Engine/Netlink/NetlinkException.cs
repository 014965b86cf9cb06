using NetControl.Engine.Interop.Linux;

namespace NetControl.Engine.Netlink;

/// <summary>The kernel refused an rtnetlink request, or the socket to it failed.</summary>
internal sealed class NetlinkException : Exception
{
    /// <summary>Makes an exception whose text names the request, the kernel's own explanation if it gave one, and the error.</summary>
    public NetlinkException(string operation, Errno errno, string? kernelText = null)
        : base(Compose(operation, errno, kernelText))
    {
        Errno = errno;
        KernelText = kernelText;
    }

    /// <summary>The error number.</summary>
    public Errno Errno { get; }

    /// <summary>The extended acknowledgement's text, if the kernel gave one.</summary>
    public string? KernelText { get; }

    private static string Compose(string operation, Errno errno, string? kernelText) => string.IsNullOrEmpty(kernelText)
        ? $"{operation}: {Libc.Describe(errno)}"
        : $"{operation}: {kernelText.TrimEnd('.')} ({Libc.Describe(errno)})";
}
