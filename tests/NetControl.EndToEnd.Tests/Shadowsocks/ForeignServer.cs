using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using NetControl.Network;

namespace NetControl.EndToEnd.Tests.Shadowsocks;

/// <summary>Debian's shadowsocks-libev on this machine's loopback, for the library by itself.</summary>
internal sealed class ForeignServer : IAsyncDisposable
{
    private readonly BackgroundProgram _program;

    private ForeignServer(BackgroundProgram program, IPEndPoint endPoint)
    {
        _program = program;
        EndPoint = endPoint;
    }

    /// <summary>Where it listens, for TCP and UDP.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Its address as a dialer takes it.</summary>
    public HostPort Address => new(AddrPort.From(EndPoint));

    /// <summary>Starts a server and waits until it listens.</summary>
    public static async Task<ForeignServer> StartAsync(string cipher, string password)
    {
        Tools.Require("ss-server");
        IPEndPoint endPoint = FreePort();
        BackgroundProgram program = new(Process.Start(new ProcessStartInfo("ss-server", Arguments(endPoint, cipher, password))
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!);
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(endPoint);
                return new ForeignServer(program, endPoint);
            }
            catch (SocketException) when (Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(15))
            {
                await Task.Delay(20);
            }
        }
    }

    /// <summary>The program's arguments.</summary>
    public static string[] Arguments(IPEndPoint endPoint, string cipher, string password) =>
        ["-s", $"{endPoint.Address}", "-p", endPoint.Port.ToString(CultureInfo.InvariantCulture), "-m", cipher, "-k", password, "-u", "-t", "60"];

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _program.DisposeAsync();

    private static IPEndPoint FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }
}
