using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using NetControl.Network;

namespace NetControl.Transport.Tls;

/// <summary>Makes TLS of a connection: the client's handshake, with one set of options.</summary>
/// <remarks>
/// Thread rule: any thread; a handshake awaits nothing but its connection, so on an event loop it stays on the loop's thread, and the
/// arithmetic of the handshake is done there. Sessions are kept by the framework, by options and server name, for the process.
/// </remarks>
public sealed class TlsClient
{
    private readonly Func<TlsClientOptions> _options;

    /// <summary>Makes a client.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    public TlsClient(TlsClientOptions? options = null)
    {
        options ??= new TlsClientOptions();
        _options = () => options;
    }

    /// <summary>Makes a client whose options may change, such as those of files that are followed; they are asked for at each handshake.</summary>
    internal TlsClient(Func<TlsClientOptions> options) => _options = options;

    /// <summary>Speaks TLS to the server at the far end of a connection.</summary>
    /// <param name="connection">The connection, which now belongs to the result, or is closed if there is none.</param>
    /// <param name="destination">The server, for its name.</param>
    /// <param name="cancellationToken">Gives the handshake up; the connection is closed.</param>
    /// <exception cref="TlsException">The handshake failed.</exception>
    public async ValueTask<TlsStreamConnection> HandshakeAsync(
        IStreamConnection connection, HostPort destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var inner = new TlsInnerStream(connection);
        var ssl = new SslStream(inner, leaveInnerStreamOpen: true);
        TlsVerdict verdict = TlsVerdict.Accepted;
        try
        {
            TlsClientOptions options = _options().For(destination);
            SslClientAuthenticationOptions authentication = MakeAuthentication(options, destination);
            authentication.RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
                (verdict = Examine(options, destination, certificate as X509Certificate2, chain)).Failure is null;
            await ssl.AuthenticateAsClientAsync(authentication, cancellationToken);
            inner.EndsWithConnection = options.EndsWithConnection;
            return new TlsStreamConnection(connection, ssl);
        }
        catch (Exception e)
        {
            connection.Abort();
            connection.Dispose();
            await ssl.DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested();
            if (e is DialException)
            {
                throw; // there are no options: a file is missing
            }

            throw Explain(e, verdict);
        }
    }

    /// <summary>The text by which a destination is named in TLS: its host, without the root's dot, or its address.</summary>
    internal static string HostOf(HostPort destination) => destination.IsAddress ? destination.Address.Address.ToString() : TrimDot(destination.Host);

    private static string TrimDot(string host) => host.Length > 1 && host[^1] == '.' ? host[..^1] : host;

    private static SslClientAuthenticationOptions MakeAuthentication(TlsClientOptions options, HostPort destination)
    {
        var authentication = new SslClientAuthenticationOptions
        {
            // An address is never sent as a name (RFC 6066 section 3): the framework sees to that.
            TargetHost = options.ServerName is { } name ? TrimDot(name) : HostOf(destination),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            AllowTlsResume = options.Resume,
            AllowRenegotiation = false,
            ClientCertificateContext = options.ClientCertificate,
            CertificateChainPolicy = TlsExamination.MakePolicy(options.Roots),
        };
        if (options.ApplicationProtocols.Count > 0)
        {
            authentication.ApplicationProtocols = [.. options.ApplicationProtocols.Select(static name => new SslApplicationProtocol(name))];
        }

        return authentication;
    }

    private static TlsVerdict Examine(TlsClientOptions options, HostPort destination, X509Certificate2? certificate, X509Chain? chain)
    {
        if (certificate is null || chain is null)
        {
            return new TlsVerdict(TlsFailure.InvalidCertificate, "the server showed no certificate");
        }

        TlsVerdict standard = TlsExamination.Judge(certificate, chain, options.CertificateName ?? HostOf(destination));
        if (options.Verifier is not { } verifier)
        {
            return standard;
        }

        return verifier(new TlsPeer(destination, certificate, chain, standard))
            ? TlsVerdict.Accepted
            : new TlsVerdict(TlsFailure.RejectedByVerifier, "the certificate was refused by the verifier");
    }

    private static TlsException Explain(Exception error, TlsVerdict verdict)
    {
        if (verdict.Failure is { } failure)
        {
            return new TlsException(failure, $"the TLS server is not to be trusted: {verdict.Message}", error);
        }

        if (TlsAlert.Find(error) is { } alert)
        {
            return new TlsException(TlsFailure.ProtocolRefused, $"the TLS server refused: {TlsAlert.Describe(alert)}", error, alert);
        }

        return error is IOException
            ? new TlsException(TlsFailure.BrokenOff, $"the TLS server broke the handshake off: {error.Message}", error)
            : new TlsException(TlsFailure.ProtocolViolation, $"the server does not speak TLS as it should: {error.Message}", error);
    }
}
