using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NetControl.Demo;

/// <summary>One A query over UDP (RFC 1035), by hand, so that the answer cannot come from a cache.</summary>
internal static class DnsQuestion
{
    private const int Attempts = 3;

    public static async Task<IPAddress> AskAsync(IPEndPoint server, string name)
    {
        byte[] query =
        [
            0x4E, 0x43, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0,
            .. name.Split('.').SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]),
            0, 0, 1, 0, 1,
        ];
        using Socket socket = new(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server);
        byte[] answer = new byte[1500];
        for (int attempt = 1; ; attempt++)
        {
            await socket.SendAsync(query);
            using CancellationTokenSource limit = new(TimeSpan.FromSeconds(2));
            try
            {
                int length = await socket.ReceiveAsync(answer, SocketFlags.None, limit.Token);
                return length >= query.Length + 16 && BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(6)) == 1
                    ? new IPAddress(answer.AsSpan(length - 4, 4))
                    : throw new DemoException($"the DNS server's answer for {name} holds no address");
            }
            catch (OperationCanceledException e) when (attempt == Attempts)
            {
                throw new DemoException($"no answer to the DNS query for {name} came through the device", e);
            }
            catch (OperationCanceledException)
            {
                // UDP may lose one; ask again.
            }
        }
    }
}
