using System.Text;
using NetControl.Engine.Hardening;
using NetControl.Engine.Interop.Linux;

namespace NetControl.Engine.Devices;

/// <summary>Asks a node agent for a TUN interface's descriptors, over the agent's Unix socket (SCM_RIGHTS).</summary>
/// <remarks>
/// The agent listens, being the privileged and the longer-lived of the two: whenever a device is opened, be it after a restart of ours or of
/// the agent's, we connect, say which device it is for in one line, and the agent answers with one message whose ancillary data holds a
/// descriptor for each queue; one without any is its refusal, in words. The agent sees our credentials (SO_PEERCRED) and we see its own: only
/// root, and our own user, may hand us an interface. Thread rule: any thread that may block for <see cref="Patience"/>.
/// </remarks>
internal static class DescriptorRequest
{
    private const int LongestAnswer = 1024;

    /// <summary>How long connecting, asking and waiting may each take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Gets the descriptors, at least one; they are the caller's to dispose.</summary>
    /// <param name="path">Where the agent listens.</param>
    /// <param name="device">The device's resource name.</param>
    /// <param name="interfaceName">The interface that is wanted, or empty for whichever the agent has for the device.</param>
    /// <param name="queues">The most queues of use.</param>
    /// <exception cref="EngineException">There is nobody, somebody else, or no descriptor.</exception>
    public static List<SafeFd> Send(string path, string device, string interfaceName, int queues)
    {
        using SafeFd socket = new(Libc.Socket(Libc.AF_UNIX, Libc.SOCK_STREAM, 0, blocking: true));
        if (socket.IsInvalid || Libc.SetTimeouts(socket.Value, Patience) != 0 || Libc.ConnectPath(socket.Value, path) != 0)
        {
            throw Missing(path, Libc.LastErrno is Errno.EAGAIN ? "it accepts no connections" : Libc.Describe(Libc.LastErrno));
        }

        if (Libc.GetPeerUser(socket.Value, out uint user) != 0 || (user != 0 && user != ProcessHardening.EffectiveUserId))
        {
            throw Missing(path, $"user {user} listens there, who is neither root nor the user of this process");
        }

        byte[] question = Encoding.UTF8.GetBytes($"netcontrol.v1 {device} interface={interfaceName} queues={queues}\n");
        if (Libc.Send(socket.Value, question, Libc.MSG_NOSIGNAL) != question.Length)
        {
            throw Missing(path, Libc.Describe(Libc.LastErrno));
        }

        byte[] answer = new byte[LongestAnswer];
        List<SafeFd> descriptors = [];
        nint count = Libc.ReceiveDescriptors(socket.Value, answer, descriptors, out bool truncated);
        if (count < 0)
        {
            throw Missing(path, Libc.LastErrno is Errno.EAGAIN ? $"no answer within {Patience.TotalSeconds:0} s" : Libc.Describe(Libc.LastErrno));
        }

        if (descriptors.Count > 0 && !truncated)
        {
            return descriptors;
        }

        descriptors.ForEach(descriptor => descriptor.Dispose());
        throw Missing(path, truncated ? "it sent more descriptors than this process may have (RLIMIT_NOFILE)"
            : count == 0 ? "it closed the connection without a descriptor"
            : $"it sent no descriptor, and said \"{Printable(answer.AsSpan(0, (int)count))}\"");
    }

    private static string Printable(ReadOnlySpan<byte> text) =>
        string.Concat(Encoding.UTF8.GetString(text).Trim().Select(c => char.IsControl(c) ? ' ' : c));

    private static EngineException Missing(string path, string why) => new(
        EngineError.DescriptorMissing, $"no descriptor from {path}: {why}; start the agent that hands the interface over there");
}
