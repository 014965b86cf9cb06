using System.Net;
using System.Net.Sockets;

namespace NetControl.Testing.Proxies;

/// <summary>One connection of a <see cref="ScriptedProxy"/>, seen from the server's side.</summary>
public sealed class ScriptedConnection
{
    private readonly Socket _socket;

    internal ScriptedConnection(Socket socket) => _socket = socket;

    /// <summary>The client's address.</summary>
    public IPEndPoint Client => (IPEndPoint)_socket.RemoteEndPoint!;

    /// <summary>The connection as a stream, for a script that speaks TLS.</summary>
    public Stream OpenStream() => new NetworkStream(_socket, ownsSocket: false);

    /// <summary>Makes one read and returns what it gave: empty at the end of the stream.</summary>
    public async Task<byte[]> ReadOnceAsync()
    {
        byte[] buffer = new byte[64 * 1024];
        return buffer[..await _socket.ReceiveAsync(buffer)];
    }

    /// <summary>Reads exactly so many bytes.</summary>
    public async Task<byte[]> ReadAsync(int length)
    {
        byte[] buffer = new byte[length];
        for (int have = 0; have < length;)
        {
            int read = await _socket.ReceiveAsync(buffer.AsMemory(have));
            have += read > 0 ? read : throw new EndOfStreamException($"the client closed after {have} of {length} bytes");
        }

        return buffer;
    }

    /// <summary>Reads until the client ends, whether it closes or resets.</summary>
    public async Task WaitForEndAsync()
    {
        try
        {
            while ((await ReadOnceAsync()).Length > 0)
            {
            }
        }
        catch (SocketException)
        {
            // A reset is an end too.
        }
    }

    /// <summary>Writes bytes in one go.</summary>
    public async Task WriteAsync(params byte[] bytes)
    {
        for (int sent = 0; sent < bytes.Length;)
        {
            sent += await _socket.SendAsync(bytes.AsMemory(sent));
        }
    }

    /// <summary>Writes each byte as a segment of its own.</summary>
    public async Task WriteByteByByteAsync(params byte[] bytes)
    {
        foreach (byte b in bytes)
        {
            await WriteAsync(b);
            await Task.Delay(1);
        }
    }

    /// <summary>Closes with a reset.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Dispose();
    }
}
