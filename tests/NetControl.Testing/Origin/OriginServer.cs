using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace NetControl.Testing.Origin;

/// <summary>A small HTTP/1.1 server that stands for the outside world; one request a connection.</summary>
/// <remarks>
/// <c>GET /</c> answers "hello"; <c>GET /bytes/N</c> sends N bytes of <see cref="Payload"/>, <c>GET /bytes/N/R</c> at R bytes a second;
/// <c>PUT /</c> (any path) answers with the SHA-256 of the body.
/// </remarks>
public sealed class OriginServer : IDisposable
{
    private readonly Socket _listener;
    private readonly CancellationTokenSource _stop = new();
    private long _requests;

    /// <summary>Starts a server.</summary>
    /// <param name="listen">Where; an IPv6 wildcard serves both families.</param>
    public OriginServer(IPEndPoint listen)
    {
        ArgumentNullException.ThrowIfNull(listen);
        _listener = new Socket(listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (listen.Address.Equals(IPAddress.IPv6Any))
        {
            _listener.DualMode = true;
        }

        _listener.Bind(listen);
        _listener.Listen(4096);
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        _ = AcceptAsync();
    }

    /// <summary>Where the server listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Requests answered or being answered.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Socket client = await _listener.AcceptAsync(_stop.Token);
                _ = ServeAsync(client);
            }
            catch (SocketException) when (!_stop.IsCancellationRequested)
            {
                // A client that was gone before it was accepted, or a moment without descriptors.
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(256 * 1024);
        try
        {
            using NetworkStream stream = new(client, ownsSocket: true);
            client.NoDelay = true;
            (string[] head, int length, int extra) = await ReadHeadAsync(stream, buffer);
            Interlocked.Increment(ref _requests);
            string[] request = head[0].Split(' ');
            string[] path = request[1].Split('/', StringSplitOptions.RemoveEmptyEntries);
            switch (request[0], path)
            {
                case ("PUT" or "POST", _):
                    await ReceiveAsync(stream, buffer, head, length, extra);
                    break;
                case ("GET", ["bytes", _, ..]):
                    long rate = path.Length > 2 ? long.Parse(path[2], CultureInfo.InvariantCulture) : 0;
                    await SendBytesAsync(stream, buffer, long.Parse(path[1], CultureInfo.InvariantCulture), rate);
                    break;
                default:
                    await AnswerAsync(stream, "hello\n");
                    break;
            }

            client.Shutdown(SocketShutdown.Send);
            while (await stream.ReadAsync(buffer, _stop.Token) > 0)
            {
                // Closing with unread bytes would reset what is still under way.
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The client went away, or the server stopped.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<(string[] Head, int Length, int Extra)> ReadHeadAsync(NetworkStream stream, byte[] buffer)
    {
        for (int have = 0; ;)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(have), _stop.Token);
            have += read > 0 ? read : throw new EndOfStreamException();
            int end = buffer.AsSpan(0, have).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                return (Encoding.ASCII.GetString(buffer, 0, end).Split("\r\n"), end + 4, have - end - 4);
            }
        }
    }

    private async Task ReceiveAsync(NetworkStream stream, byte[] buffer, string[] head, int start, int extra)
    {
        if (head.Contains("Expect: 100-continue", StringComparer.OrdinalIgnoreCase))
        {
            await stream.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), _stop.Token);
        }

        const string Name = "Content-Length:";
        string line = head.First(l => l.StartsWith(Name, StringComparison.OrdinalIgnoreCase));
        long left = long.Parse(line.AsSpan(Name.Length).Trim(), CultureInfo.InvariantCulture) - extra;
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(buffer, start, extra);
        while (left > 0)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), _stop.Token);
            left -= read > 0 ? read : throw new EndOfStreamException();
            hash.AppendData(buffer, 0, read);
        }

        await AnswerAsync(stream, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private async Task SendBytesAsync(NetworkStream stream, byte[] buffer, long length, long rate)
    {
        await stream.WriteAsync(Head(length), _stop.Token);
        long start = Stopwatch.GetTimestamp();
        int step = rate == 0 ? buffer.Length : (int)Math.Clamp(rate / 50, 1, buffer.Length);
        for (long sent = 0; sent < length;)
        {
            int part = (int)Math.Min(step, length - sent);
            Payload.Fill(buffer.AsSpan(0, part), sent);
            await stream.WriteAsync(buffer.AsMemory(0, part), _stop.Token);
            sent += part;
            if (rate > 0 && TimeSpan.FromSeconds((double)sent / rate) - Stopwatch.GetElapsedTime(start) is { Ticks: > 0 } early)
            {
                await Task.Delay(early, _stop.Token);
            }
        }
    }

    private async Task AnswerAsync(NetworkStream stream, string text)
    {
        byte[] body = Encoding.ASCII.GetBytes(text);
        await stream.WriteAsync((byte[])[.. Head(body.Length), .. body], _stop.Token);
    }

    private static byte[] Head(long length) => Encoding.ASCII.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"));
}
