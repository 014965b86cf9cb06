using NetControl.Transport.Chains;

namespace NetControl.Transport.Tls;

/// <summary>TLS with whoever answers at the destination: for an outer hop's server, or the destination itself.</summary>
/// <remarks>Paths of files are no secrets; what the files hold is never shown.</remarks>
public sealed record TlsHop : Hop
{
    /// <summary>The name to send (SNI): null for the dialled host, empty for none.</summary>
    public string? ServerName { get; init; }

    /// <summary>The name that the certificate must be for: null for the dialled host.</summary>
    public string? CertificateName { get; init; }

    /// <summary>The application protocols to offer, separated by commas; null for none.</summary>
    public string? ApplicationProtocols { get; init; }

    /// <summary>The PEM file of the trusted authorities; null for the system's.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>The PEM file of the certificate to show, and its chain; null for none.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>The PEM file of its key; null if that is in the same file.</summary>
    public string? KeyFile { get; init; }

    /// <summary>See <see cref="TlsClientOptions.EndsWithConnection"/>; no part of the text.</summary>
    internal bool EndsWithConnection { get; init; }

    /// <inheritdoc/>
    public override string Type => TlsHopType.Scheme;

    /// <inheritdoc/>
    public override string Text => Redacted;

    /// <inheritdoc/>
    public override string Redacted
    {
        get
        {
            (string Key, string? Value)[] options =
            [
                ("sni", ServerName), ("certname", CertificateName), ("alpn", ApplicationProtocols),
                ("ca", AuthorityFile), ("cert", CertificateFile), ("key", KeyFile),
            ];
            return $"{Type}:{string.Join('&', options.Where(one => one.Value is not null).Select(one => $"{one.Key}={HopOptions.Encode(one.Value!)}"))}";
        }
    }

    private bool HasFiles => AuthorityFile is not null || CertificateFile is not null;

    private TlsClientOptions Basis => new()
    {
        ServerName = ServerName,
        CertificateName = CertificateName,
        ApplicationProtocols = ApplicationProtocols?.Split(',') ?? [],
        EndsWithConnection = EndsWithConnection,
    };

    /// <inheritdoc/>
    public override string? FindFault() =>
        TlsFiles.TryLoad(Basis, AuthorityFile, CertificateFile, KeyFile, out _, out string? fault) ? null : fault;

    /// <inheritdoc/>
    public override Way Wrap(Way inner, HopContext context)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(context);
        if (AuthorityFile is null)
        {
            TlsExamination.LoadSystemRoots();
        }

        TlsClient client = HasFiles
            ? new TlsClient(new TlsFiles(Basis, AuthorityFile, CertificateFile, KeyFile, context.TimeProvider).Current)
            : new TlsClient(Basis);
        return new Way(new TlsStreamDialer(inner.Streams, client), new NoPackets(Type));
    }
}
