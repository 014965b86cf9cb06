using System.Diagnostics.CodeAnalysis;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Tls;

/// <summary>The text of a TLS hop. To Outline's <c>sni</c> and <c>certname</c> it adds ALPN, authorities and a certificate to show.</summary>
public sealed class TlsHopType : HopType
{
    internal const string Scheme = "tls";
    private static readonly string[] s_keys = ["sni", "certname", "alpn", "ca", "cert", "key"];

    /// <inheritdoc/>
    public override string Name => Scheme;

    /// <inheritdoc/>
    public override string Grammar => "tls:[sni=name][&certname=name][&alpn=name,...][&ca=file][&cert=file[&key=file]]";

    /// <inheritdoc/>
    public override bool TryParse(HopText text, [NotNullWhen(true)] out Hop? hop, [NotNullWhen(false)] out ChainError? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        hop = null;
        if (!HopOptions.TryParse(text, text.RestOffset, text.Text.Length, s_keys, out HopOptions? options, out error))
        {
            return false;
        }

        error = CheckName(text, options["sni"], "sni") ?? CheckName(text, options["certname"], "certname") ?? CheckProtocols(text, options["alpn"])
            ?? CheckFile(text, options["ca"], "ca") ?? CheckFile(text, options["cert"], "cert") ?? CheckFile(text, options["key"], "key");
        if (error is null && options["key"] is { } key && options["cert"] is null)
        {
            error = text.Error(key.Offset, "key needs the certificate that it belongs to; write cert=file too");
        }

        if (error is not null)
        {
            return false;
        }

        hop = new TlsHop
        {
            ServerName = options["sni"]?.Value,
            CertificateName = options["certname"]?.Value,
            ApplicationProtocols = options["alpn"]?.Value,
            AuthorityFile = options["ca"]?.Value,
            CertificateFile = options["cert"]?.Value,
            KeyFile = options["key"]?.Value,
        };
        return true;
    }

    private static ChainError? CheckName(HopText text, HopOption? name, string key)
    {
        if (name is not { } option || (option.Value.Length == 0 && key == "sni"))
        {
            return null;
        }

        return Uri.CheckHostName(option.Value) == UriHostNameType.Unknown || option.Value.Length > 255
            ? text.Error(option.Offset, $"{key} has to be a host name{(key == "sni" ? ", or empty to send none" : " or an IP address")}")
            : null;
    }

    private static ChainError? CheckProtocols(HopText text, HopOption? protocols) =>
        protocols is { } option && option.Value.Split(',').Any(static name => name.Length is 0 or > 255 || !name.All(static c => c is > ' ' and < (char)127))
            ? text.Error(option.Offset, "alpn has to be names separated by commas, e.g. h2,http/1.1")
            : null;

    private static ChainError? CheckFile(HopText text, HopOption? file, string key) =>
        file is { } option && (!option.Value.StartsWith('/') || option.Value.Contains('\0', StringComparison.Ordinal))
            ? text.Error(option.Offset, $"{key} has to be the absolute path of a PEM file, e.g. {key}=/etc/netcontrol/{key}.pem")
            : null;
}
