using System.Net;
using NetControl.Network;

namespace NetControl.Transport.Tests;

/// <summary>What tests do with streams and endpoints.</summary>
internal static class StreamExtensions
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static HostPort ToHostPort(this IPEndPoint endPoint) => new(AddrPort.From(endPoint));

    public static async Task<byte[]> ReadToEndAsync(this IStreamConnection connection)
    {
        using var all = new MemoryStream();
        byte[] buffer = new byte[4096];
        while (true)
        {
            int read = await connection.ReadAsync(buffer).AsTask().WaitAsync(Patience);
            if (read == 0)
            {
                return all.ToArray();
            }

            all.Write(buffer, 0, read);
        }
    }

    public static async Task<byte[]> ReadExactlyAsync(this IStreamConnection connection, int length)
    {
        byte[] buffer = new byte[length];
        for (int have = 0; have < length;)
        {
            int read = await connection.ReadAsync(buffer.AsMemory(have)).AsTask().WaitAsync(Patience);
            have += read > 0 ? read : throw new EndOfStreamException();
        }

        return buffer;
    }
}
