using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace NetControl.EndToEnd.Tests;

/// <summary>What clients do in these tests.</summary>
internal static class Transfers
{
    /// <summary>Downloads from the origin and returns the SHA-256.</summary>
    public static async Task<string> DownloadAsync(this World world, string host, long length, long rate = 0, CancellationToken cancellationToken = default)
    {
        using HttpClient http = world.Http();
        string bracketed = host.Contains(':') ? $"[{host}]" : host;
        Uri uri = new(string.Create(CultureInfo.InvariantCulture, $"http://{bracketed}/bytes/{length}/{rate}"));
        await using Stream body = await http.GetStreamAsync(uri, cancellationToken);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(body, cancellationToken));
    }

    /// <summary>Uploads to the origin and returns the SHA-256 that it computed.</summary>
    public static async Task<string> UploadAsync(this World world, string host, long length)
    {
        using HttpClient http = world.Http();
        string bracketed = host.Contains(':') ? $"[{host}]" : host;
        using PayloadContent content = new(length);
        using HttpResponseMessage response = await http.PutAsync(new Uri($"http://{bracketed}/sink"), content);
        return await response.Content.ReadAsStringAsync();
    }

    /// <summary>Sends a few bytes to an echo server and expects them back.</summary>
    public static async Task EchoAsync(this Socket socket, int length = 64)
    {
        byte[] sent = new byte[length];
        Random.Shared.NextBytes(sent);
        byte[] back = new byte[length + 1];
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(20));
        await socket.SendAsync(sent, SocketFlags.None, limit.Token);
        for (int have = 0; have < length;)
        {
            int read = await socket.ReceiveAsync(back.AsMemory(have), SocketFlags.None, limit.Token);
            have += read > 0 ? read : throw new EndOfStreamException($"the echo ended after {have} of {length} bytes");
        }

        Assert.Equal(sent, back[..length]);
    }
}
