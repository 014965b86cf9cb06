using NetControl.Network;
using NetControl.Testing.Certificates;
using NetControl.Transport.Tests.Tls;
using NetControl.Transport.Tls;
using NetControl.Transport.TlsFrag;

namespace NetControl.Transport.Tests.TlsFrag;

/// <summary>A real server takes a hello in pieces.</summary>
public sealed class TlsFragRealHelloTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(100)]
    public async Task Handshake_ThroughFragments_Works(int length)
    {
        using var authority = new TestAuthority("root");
        using var server = new TlsServer(authority);
        var dialer = new TlsStreamDialer(new TlsFragStreamDialer(server.Dialer, length), new TlsClientOptions { Roots = server.Roots });
        using IStreamConnection connection = await dialer.DialAsync(new HostPort("server.example", 443));
        await connection.WriteAsync("ping"u8.ToArray());
        Assert.Equal("ping"u8.ToArray(), await connection.ReadExactlyAsync(4));
    }
}
