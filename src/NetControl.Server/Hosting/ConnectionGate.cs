using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using NetControl.Server.Metrics;
using NetControl.Server.Security;
using NetControl.Server.Security.Certificates;
using NetControl.Server.Security.Peers;

namespace NetControl.Server.Hosting;

/// <summary>What happens to a connection before its first call: its facts are noted, and on a TLS listener the handshake is made.</summary>
internal sealed class ConnectionGate
{
    private readonly AccessRuntime _access;
    private readonly CallMetrics _metrics;

    public ConnectionGate(AccessRuntime access, CallMetrics metrics)
    {
        _access = access;
        _metrics = metrics;
    }

    /// <summary>The HTTP paths.</summary>
    public static void GuardHttp(ListenOptions listen) => listen.Use(next => connection =>
    {
        connection.Features.Set(new ConnectionFacts());
        return next(connection);
    });

    /// <summary>The health service, over gRPC.</summary>
    public static void GuardHealth(ListenOptions listen) => listen.Use(next => connection =>
    {
        connection.Features.Set(new ConnectionFacts { IsGrpc = true, IsOpenOnly = true });
        return next(connection);
    });

    /// <summary>A listener of the API, as gRPC or as JSON.</summary>
    public void GuardApi(ListenOptions listen, ListenAddress address, bool isJson)
    {
        bool anonymous = address.UnixPath is null && (address.IsLocal || _access.Settings.Insecure);
        Role role = anonymous ? _access.Settings.AnonymousRole : Role.None;
        listen.Use(next => connection => RunAsync(connection, address, isJson, role, next));
        if (!address.IsTls)
        {
            return;
        }

        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = context => ValueTask.FromResult(Handshake(context, role, isJson)),
            HandshakeTimeout = _access.Settings.Limits.HandshakeTimeout,
        });
        listen.Use(next => connection =>
        {
            connection.Features.Get<ConnectionFacts>()!.Established = true;
            return next(connection);
        });
    }

    private async Task RunAsync(ConnectionContext connection, ListenAddress address, bool isJson, Role role, ConnectionDelegate next)
    {
        ConnectionFacts facts = new()
        {
            IsGrpc = true,
            IsJson = isJson,
            AnonymousRole = role,
            AsksForCertificate = address.IsTls && _access.Tls!.AsksForCertificate,
            Peer = address.UnixPath is not null && connection.Features.Get<IConnectionSocketFeature>() is { } socket
                ? PeerCredentials.Of(socket.Socket) : null,
        };
        connection.Features.Set(facts);
        try
        {
            await next(connection);
        }
        finally
        {
            if (address.IsTls && !facts.Established)
            {
                _metrics.HandshakeFailed(facts.HandshakeFault ?? "protocol");
            }

            if (facts.Certificate is { } client)
            {
                _access.Tls!.Leave(client);
            }
        }
    }

    // Read for each connection: this is how a new certificate comes into force.
    private SslServerAuthenticationOptions Handshake(TlsHandshakeCallbackContext context, Role anonymous, bool isJson)
    {
        TlsMaterial material = _access.Tls!.Material;
        SslServerAuthenticationOptions options = new()
        {
            ServerCertificateContext = material.Server,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = [isJson ? SslApplicationProtocol.Http11 : SslApplicationProtocol.Http2],
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,

            // A resumed session would skip the look at the client's certificate.
            AllowTlsResume = false,
        };
        if (_access.Tls.AsksForCertificate)
        {
            BaseConnectionContext connection = context.Connection;
            ConnectionFacts facts = connection.Features.Get<ConnectionFacts>()!;
            bool required = _access.Tokens is null && anonymous == Role.None;
            options.ClientCertificateRequired = true; // It means: ask.
            options.RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
                Verify(connection, facts, required, certificate, chain, material);
        }

        return options;
    }

    private bool Verify(BaseConnectionContext connection, ConnectionFacts facts, bool required, X509Certificate? certificate,
        X509Chain? chain, TlsMaterial material)
    {
        if (certificate is null)
        {
            facts.HandshakeFault = required ? "certificate_missing" : null;
            return !required;
        }

        // Copies: the stream disposes its own.
        X509Certificate2Collection intermediates = [];
        foreach (X509Certificate2 sent in chain?.ChainPolicy.ExtraStore ?? [])
        {
            intermediates.Add(X509CertificateLoader.LoadCertificate(sent.RawData));
        }

        X509Certificate2 leaf = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        facts.HandshakeFault = ClientCertificateVerifier.Verify(leaf, intermediates, material.Authorities, _access.Time.GetUtcNow());
        if (facts.HandshakeFault is not null)
        {
            return false;
        }

        facts.Certificate = new ClientIdentity(leaf, intermediates, connection.Abort);
        _access.Tls!.Enter(facts.Certificate);
        return true;
    }
}
