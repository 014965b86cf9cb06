using NetControl.Engine.Interop.Linux;

namespace NetControl.Engine.Devices;

/// <summary>A lock that all processes of one network namespace share: the one who holds it may change the policy rules.</summary>
/// <remarks>
/// It is an abstract Unix socket's name, so it needs no file and no right, belongs to the namespace, and the kernel releases it when its
/// holder dies however it dies. It is held for a few system calls; whoever finds it held for longer goes on without (the holder is
/// stopped, or somebody plays tricks), since the worst that can happen is a rule too many.
/// </remarks>
internal sealed class NamespaceGate : IDisposable
{
    private const string GateName = "netcontrol/rules";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);
    private readonly SafeFd _socket;

    private NamespaceGate(SafeFd socket) => _socket = socket;

    /// <summary>Makes a socket that can enter the gate of the calling thread's network namespace later, from any thread.</summary>
    public static SafeFd MakeTicket() => new(Libc.Socket(Libc.AF_UNIX, Libc.SOCK_DGRAM, 0));

    /// <summary>Enters the gate of the calling thread's network namespace; disposal leaves it.</summary>
    public static NamespaceGate Enter() => Enter(MakeTicket());

    /// <summary>Enters with a ticket, which is used up.</summary>
    public static NamespaceGate Enter(SafeFd ticket)
    {
        if (!ticket.IsInvalid)
        {
            SpinWait.SpinUntil(() => Libc.BindAbstract(ticket.Value, GateName) == 0 || Libc.LastErrno != Errno.EADDRINUSE, s_patience);
        }

        return new NamespaceGate(ticket);
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
