using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace NetControl.Transport.Direct;

/// <summary>What is set on every socket of a direct dialer or listener.</summary>
public sealed record DirectSocketOptions
{
    private const int SolSocket = 1;
    private const int SoBindToDevice = 25;
    private const int SoMark = 36;

    /// <summary>
    /// The firewall mark (SO_MARK), so that policy routing keeps the socket out of a device; null sets none. Needs CAP_NET_ADMIN.
    /// </summary>
    public uint? Mark { get; init; }

    /// <summary>The network interface the socket is bound to (SO_BINDTODEVICE); null leaves it to the routes.</summary>
    public string? Interface { get; init; }

    /// <summary>How long one address may take to connect; null leaves it to the kernel.</summary>
    public TimeSpan? ConnectTimeout { get; init; }

    internal void Apply(Socket socket)
    {
        if (Mark is { } mark)
        {
            Span<byte> value = stackalloc byte[sizeof(uint)];
            MemoryMarshal.Write(value, mark);
            socket.SetRawSocketOption(SolSocket, SoMark, value);
        }

        if (Interface is { } name)
        {
            socket.SetRawSocketOption(SolSocket, SoBindToDevice, Encoding.UTF8.GetBytes(name + "\0"));
        }
    }
}
