using System.Net.Sockets;
using NetControl.Network;

namespace NetControl.Engine.Tests;

/// <summary>A dialer that is not the engine's: its dials and all calls of its streams complete on pool threads, as those of a foreign library may.</summary>
internal sealed class PooledStreamDialer : IStreamDialer
{
    public async ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        Socket socket = new(destination.Address.IsV4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
        };
        await socket.ConnectAsync(destination.Address.ToIPEndPoint(), cancellationToken);
        return new PooledConnection(socket);
    }

    private sealed class PooledConnection(Socket socket) : IStreamConnection
    {
        private readonly NetworkStream _stream = new(socket);

        public AddrPort LocalAddress => default;

        public AddrPort RemoteAddress => default;

        public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            return await _stream.ReadAsync(buffer, cancellationToken);
        }

        public async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            await _stream.WriteAsync(buffer, cancellationToken);
        }

        public ValueTask CloseWriteAsync(CancellationToken cancellationToken = default)
        {
            socket.Shutdown(SocketShutdown.Send);
            return ValueTask.CompletedTask;
        }

        public void CloseRead()
        {
        }

        public void Abort()
        {
            socket.LingerState = new LingerOption(true, 0);
            socket.Dispose();
        }

        public void Dispose() => socket.Dispose();
    }
}
