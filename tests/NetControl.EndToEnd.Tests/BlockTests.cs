using System.Net;
using System.Net.Sockets;
using NetControl.Protocol.V1;

namespace NetControl.EndToEnd.Tests;

/// <summary>What a blocked application hears from its kernel.</summary>
public sealed class BlockTests
{
    [Fact]
    public async Task EachBlock_StreamsAndPackets_IsToldTruthfully()
    {
        await using World world = World.Create();
        world.StartServers();
        await world.StartDaemonAsync(world.Configuration("block:refused", "block:unreachable", "block:", "block:timeout"));
        (string Proxy, SocketError Stream, SocketError Packet)[] rows =
        [
            ("proxies/a", SocketError.ConnectionRefused, SocketError.ConnectionRefused),
            ("proxies/b", SocketError.HostUnreachable, SocketError.HostUnreachable),
            ("proxies/c", SocketError.HostUnreachable, SocketError.HostUnreachable),
            ("proxies/d", SocketError.WouldBlock, SocketError.WouldBlock),
        ];
        foreach ((string proxy, SocketError stream, SocketError packet) in rows)
        {
            await world.Api.Delegates.SwapDelegateAsync(new SwapDelegateRequest { Name = World.Delegate, Proxy = proxy });
            Assert.Equal(stream, await HearAsync(world.Tcp(), static (socket, limit) => socket.ConnectAsync(IPAddress.Parse(World.Web4), 80, limit)));
            Assert.Equal(packet, await HearAsync(world.Udp(), static async (socket, limit) =>
            {
                socket.SetRawSocketOption(0, 11, BitConverter.GetBytes(1)); // IP_RECVERR: else the kernel tells of a closed port only
                await socket.ConnectAsync(World.Echo4, limit);
                await socket.SendAsync(new byte[1], limit);
                await socket.ReceiveAsync(new byte[1], limit);
            }));
        }
    }

    /// <summary>What the call fails with; <see cref="SocketError.WouldBlock"/> for silence.</summary>
    private static async Task<SocketError> HearAsync(Socket socket, Func<Socket, CancellationToken, ValueTask> call)
    {
        using Socket owned = socket;
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(3));
        try
        {
            await call(socket, limit.Token);
            return SocketError.Success;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode;
        }
        catch (OperationCanceledException)
        {
            return SocketError.WouldBlock;
        }
    }
}
