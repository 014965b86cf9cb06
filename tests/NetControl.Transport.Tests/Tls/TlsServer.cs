using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using NetControl.Network;
using NetControl.Testing.Certificates;
using NetControl.Testing.Proxies;
using NetControl.Transport.Tls;

namespace NetControl.Transport.Tests.Tls;

/// <summary>A TLS server of the framework on loopback, and what a client of it needs.</summary>
internal sealed class TlsServer : IDisposable
{
    private readonly ScriptedProxy _proxy;
    private readonly Func<SslStream, Task> _script;

    public TlsServer(TestAuthority authority, Func<SslStream, Task>? script = null, Action<SslServerAuthenticationOptions>? change = null,
        X509Certificate2? certificate = null)
    {
        _script = script ?? EchoAsync;
        Options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(
                certificate ?? authority.Issue("server", TestAuthority.ServerUsage, static names => names.AddDnsName("server.example")),
                additionalCertificates: null, offline: true),
        };
        change?.Invoke(Options);
        _proxy = new ScriptedProxy(ServeAsync);
        Dialer = new FixedDialer(Address);
        Roots = [authority.Root];
    }

    public SslServerAuthenticationOptions Options { get; }

    /// <summary>What trusts the server.</summary>
    public X509Certificate2Collection Roots { get; }

    public HostPort Address => _proxy.EndPoint.ToHostPort();

    /// <summary>What <see cref="DialAsync"/> dials with.</summary>
    public FixedDialer Dialer { get; }

    /// <summary>The SNI of the last handshake.</summary>
    public string? ServerName { get; private set; }

    /// <summary>How the first connection's script ended.</summary>
    public Task FirstScript => _proxy.FirstScript;

    /// <summary>Dials this server as <c>server.example</c>, or as another name.</summary>
    public async Task<TlsStreamConnection> DialAsync(TlsClientOptions? options = null, string host = "server.example")
    {
        var dialer = new TlsStreamDialer(Dialer, options ?? new TlsClientOptions { Roots = Roots });
        return (TlsStreamConnection)await dialer.DialAsync(new HostPort(host, 443)).AsTask().WaitAsync(StreamExtensions.Patience);
    }

    public void Dispose() => _proxy.Dispose();

    /// <summary>Echoes until the client's close_notify, then says its own.</summary>
    public static async Task EchoAsync(SslStream stream)
    {
        byte[] buffer = new byte[32 << 10];
        int read;
        while ((read = await stream.ReadAsync(buffer)) > 0)
        {
            await stream.WriteAsync(buffer.AsMemory(0, read));
        }

        await stream.ShutdownAsync();
    }

    private async Task ServeAsync(ScriptedConnection connection)
    {
        await using var stream = new SslStream(connection.OpenStream());
        try
        {
            await stream.AuthenticateAsServerAsync((_, hello, _, _) =>
            {
                ServerName = hello.ServerName;
                return ValueTask.FromResult(Options);
            }, null);
            await _script(stream);
            await connection.WaitForEndAsync();
        }
        catch (Exception e) when (e is IOException or AuthenticationException or SocketException)
        {
            // The client did not like us, or went away.
        }
    }
}
