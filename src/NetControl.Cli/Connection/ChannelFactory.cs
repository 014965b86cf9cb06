using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;

namespace NetControl.Cli.Connection;

/// <summary>Opens the channel to the server, over TCP or a Unix socket.</summary>
internal static class ChannelFactory
{
    private const string UnixPrefix = "unix:";

    public static GrpcChannel Create(string address, Credentials credentials)
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

        handler.SslOptions = Tls(credentials);
        HttpMessageHandler outer = credentials.Token is { } token ? new TokenHandler(token, handler) : handler;
        return GrpcChannel.ForAddress(url, new GrpcChannelOptions { HttpHandler = outer, DisposeHttpClient = true });
    }

    private static SslClientAuthenticationOptions Tls(Credentials credentials)
    {
        SslClientAuthenticationOptions options = new() { EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 };
        if (credentials.Certificate is { } certificate)
        {
            options.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, credentials.Intermediates, offline: true);
        }

        if (credentials.Authorities.Count > 0)
        {
            // The name is still checked, by the stream itself; only whom to trust is said here.
            X509ChainPolicy policy = new()
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
            policy.CustomTrustStore.AddRange(credentials.Authorities);
            options.CertificateChainPolicy = policy;
        }

        return options;
    }
}
