using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NetControl.Cli.Connection;

/// <summary>What netctl presents to the server, and what it wants to see of it.</summary>
internal sealed record Credentials
{
    public const string TokenVariable = "NETCTL_TOKEN";

    /// <summary>A bearer token, or null.</summary>
    public string? Token { get; init; }

    /// <summary>A client certificate with its key, or null.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Its intermediates.</summary>
    public X509Certificate2Collection Intermediates { get; init; } = [];

    /// <summary>The authorities that may vouch for the server; empty is the machine's.</summary>
    public X509Certificate2Collection Authorities { get; init; } = [];

    /// <summary>Reads the files that the options name.</summary>
    /// <exception cref="CredentialException">Naming the option, the file and the fix.</exception>
    public static Credentials Load(string? ca, string? certificate, string? key, string? tokenFile, string? tokenVariable)
    {
        if (certificate is null != key is null)
        {
            throw new CredentialException(certificate is null ? "--cert: is required with --key; write the PEM file of the certificate"
                : "--key: is required with --cert; write the PEM file of the certificate's key");
        }

        X509Certificate2Collection authorities = [];
        if (ca is not null)
        {
            Read("--ca", ca, "write a PEM file of certificates", authorities.ImportFromPemFile);
            if (authorities.Count == 0)
            {
                throw new CredentialException($"--ca: \"{ca}\" holds no certificate; write a PEM file of certificates");
            }
        }

        X509Certificate2? own = null;
        X509Certificate2Collection intermediates = [];
        if (certificate is not null)
        {
            Read("--cert", certificate, "write a PEM certificate, and its PEM key in --key", path =>
            {
                own = X509Certificate2.CreateFromPemFile(path, key);
                intermediates.ImportFromPemFile(path);
                intermediates.RemoveAt(0);
            });
        }

        string? token = string.IsNullOrEmpty(tokenVariable) ? null : tokenVariable;
        if (tokenFile is not null)
        {
            Read("--token-file", tokenFile, "write a file that holds the token", path => token = File.ReadAllText(path).Trim());
        }

        return new Credentials { Token = token, Certificate = own, Intermediates = intermediates, Authorities = authorities };
    }

    private static void Read(string option, string path, string fix, Action<string> read)
    {
        try
        {
            read(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new CredentialException($"{option}: \"{path}\" cannot be used ({e.Message}); {fix}", e);
        }
    }
}
