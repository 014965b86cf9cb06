using System.Net.WebSockets;
using System.Text;
using NetControl.Network;
using NetControl.Testing.Proxies;
using NetControl.Transport.Direct;
using NetControl.Transport.WebSocket;

namespace NetControl.Transport.Tests.WebSocket;

/// <summary>A server that opens WebSockets, and then follows a script: with the framework's own WebSocket, or byte by byte.</summary>
internal sealed class WebSocketServer : IDisposable
{
    private readonly ScriptedProxy _proxy;

    private WebSocketServer(Func<ScriptedConnection, Task> script) => _proxy = new ScriptedProxy(async connection =>
    {
        Request = await ReadRequestAsync(connection);
        await AcceptAsync(connection, Request);
        await script(connection);
    });

    /// <summary>The last request for a WebSocket.</summary>
    public string Request { get; private set; } = "";

    public int Accepted => _proxy.Accepted;

    public Task FirstScript => _proxy.FirstScript;

    public HostPort Address => _proxy.EndPoint.ToHostPort();

    public static WebSocketServer Raw(Func<ScriptedConnection, Task> script) => new(script);

    public static WebSocketServer Framework(Func<System.Net.WebSockets.WebSocket, Task> script) => new(async connection =>
    {
        using var socket = System.Net.WebSockets.WebSocket.CreateFromStream(
            connection.OpenStream(), new WebSocketCreationOptions { IsServer = true, KeepAliveInterval = TimeSpan.FromMilliseconds(20) });
        await script(socket);
    });

    /// <summary>Dials it, as a stream.</summary>
    public async Task<IStreamConnection> DialAsync(string path = "/tunnel") =>
        await new WebSocketStreamDialer(new TcpStreamDialer(), path).DialAsync(Address).AsTask().WaitAsync(StreamExtensions.Patience);

    public void Dispose() => _proxy.Dispose();

    private static async Task<string> ReadRequestAsync(ScriptedConnection connection)
    {
        var request = new StringBuilder();
        while (!request.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            request.Append(Encoding.ASCII.GetString(await connection.ReadAsync(1)));
        }

        return request.ToString();
    }

    private static async Task AcceptAsync(ScriptedConnection connection, string request)
    {
        string key = request.Split("\r\n").Single(line => line.StartsWith("Sec-WebSocket-Key: ", StringComparison.Ordinal))[19..];
        byte[] answer = new byte[28];
        WebSocketHandshake.Accept(Encoding.ASCII.GetBytes(key), answer);
        await connection.WriteAsync(
            [.. "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Accept: "u8, .. answer, .. "\r\n\r\n"u8]);
    }
}
