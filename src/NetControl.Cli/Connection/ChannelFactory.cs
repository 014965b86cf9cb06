using System.Net.Sockets;
using Grpc.Net.Client;

namespace NetControl.Cli.Connection;

/// <summary>Opens the channel to the server, over TCP or a Unix socket.</summary>
internal static class ChannelFactory
{
    private const string UnixPrefix = "unix:";

    public static GrpcChannel Create(string address)
    {
        SocketsHttpHandler handler = new()
        {
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(20)
        };
        string url = address;
        if (address.StartsWith(UnixPrefix, StringComparison.Ordinal))
        {
            UnixDomainSocketEndPoint endPoint = new(address[UnixPrefix.Length..]);
            url = "http://localhost";
            handler.ConnectCallback = async (_, cancellationToken) =>
            {
                Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(endPoint, cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            };
        }

        return GrpcChannel.ForAddress(url, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
    }
}
