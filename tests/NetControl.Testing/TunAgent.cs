using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using NetControl.Engine.Interop.Linux;

namespace NetControl.Testing;

/// <summary>A node agent: makes a TUN in a namespace, and hands its descriptors to whoever asks at a Unix socket.</summary>
/// <remarks>Lifetime: the interface lives as long as somebody holds a descriptor; <see cref="Dispose"/> gives up ours.</remarks>
public sealed class TunAgent : IDisposable
{
    private readonly string _path;
    private readonly List<SafeFd> _queues = [];
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _end = new();

    private TunAgent(string path)
    {
        _path = path;
        File.Delete(path);
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        File.SetUnixFileMode(path, (UnixFileMode)0x1FF);
        _listener.Listen(8);
        _thread = new Thread(Serve) { IsBackground = true, Name = "tun agent" };
    }

    /// <summary>The lines that were asked, without their ends.</summary>
    public ConcurrentQueue<string> Questions { get; } = [];

    /// <summary>What goes with the descriptors, or instead of them.</summary>
    public string Answer { get; set; } = "here";

    /// <summary>Whether nothing is answered at all.</summary>
    public bool Silent { get; set; }

    /// <summary>Makes the interface and begins to listen.</summary>
    /// <param name="space">Where the interface is made.</param>
    /// <param name="path">Where to listen.</param>
    /// <param name="name">The interface's name.</param>
    /// <param name="queues">How many descriptors; 0 makes no interface, and refuses.</param>
    /// <param name="flags">IFF_*; the default is a TUN without packet information, with a vnet header.</param>
    public static TunAgent Start(NetNamespace space, string path, string name, int queues, int? flags = null)
    {
        TunAgent agent = new(path);
        int wanted = flags ?? (Libc.IFF_TUN | Libc.IFF_NO_PI | Libc.IFF_VNET_HDR);
        short all = (short)(queues > 1 ? wanted | Libc.IFF_MULTI_QUEUE : wanted);
        space.RunInside(() =>
        {
            for (int i = 0; i < queues; i++)
            {
                SafeFd fd = new(Libc.Open("/dev/net/tun", Libc.O_RDWR | Libc.O_CLOEXEC));
                agent._queues.Add(fd);
                if (fd.IsInvalid || Libc.TunSetInterface(fd.Value, name, all) != 0)
                {
                    throw new InvalidOperationException($"cannot make {name}: {Libc.Describe(Libc.LastErrno)}");
                }
            }
        });
        agent._thread.Start();
        return agent;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _end.Set();
        _listener.Dispose();
        _thread.Join();
        File.Delete(_path);
        _queues.ForEach(queue => queue.Dispose());
        _end.Dispose();
    }

    private void Serve()
    {
        while (true)
        {
            try
            {
                using Socket asker = _listener.Accept();
                byte[] question = new byte[512];
                int count = asker.Receive(question);
                Questions.Enqueue(Encoding.UTF8.GetString(question, 0, count).TrimEnd('\n'));
                if (Silent)
                {
                    _end.Wait();
                    continue;
                }

                byte[] answer = Encoding.UTF8.GetBytes(Answer);
                if (_queues.Count == 0)
                {
                    asker.Send(answer);
                }
                else
                {
                    Libc.SendDescriptors((int)asker.Handle, answer, [.. _queues.Select(queue => queue.Value)]);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                if (_end.IsSet)
                {
                    return;
                }
            }
        }
    }
}
