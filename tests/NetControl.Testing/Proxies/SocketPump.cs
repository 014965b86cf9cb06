using System.Buffers;
using System.Net.Sockets;

namespace NetControl.Testing.Proxies;

/// <summary>Copies one direction of a relayed connection.</summary>
/// <remarks>An idle direction holds no buffer: it waits with an empty read, so that thousands of connections cost little.</remarks>
internal static class SocketPump
{
    private const int BufferSize = 128 * 1024;

    /// <summary>Copies until the source ends.</summary>
    public static async Task CopyAsync(Socket from, Socket to, Action<int> count, CancellationToken cancellationToken)
    {
        while (true)
        {
            await from.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellationToken);
            byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
            try
            {
                int read;
                do
                {
                    read = await from.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
                    if (read == 0)
                    {
                        return;
                    }

                    // Counted first, so that whoever has the last byte sees the total.
                    count(read);
                    for (int sent = 0; sent < read;)
                    {
                        sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), SocketFlags.None, cancellationToken);
                    }
                }
                while (read >= BufferSize / 4);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }
}
