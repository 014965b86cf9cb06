using System.CommandLine;

namespace NetControl.Cli.Connection;

/// <summary>The global options that say where the server is and what to present to it.</summary>
internal static class ConnectionOptions
{
    private static readonly Option<string?> s_address = new("--address", "-a")
    {
        Description = $"The server: http(s)://host:port or unix:/path. Default: ${ServerAddress.Variable}, else "
            + $"unix:{ServerAddress.DefaultSocket} if it exists, else {ServerAddress.DefaultUrl}.",
        HelpName = "ADDRESS",
        Recursive = true,
    };

    private static readonly Option<bool> s_tls = new("--tls")
    {
        Description = "The server speaks TLS, whatever the address says; implied by https:// and by --ca, --cert.",
        Recursive = true,
    };

    private static readonly Option<string?> s_ca = File("--ca", "PEM certificates of the authorities that may vouch for the server. "
        + "Default: the machine's.");

    private static readonly Option<string?> s_certificate = File("--cert", "Present this PEM client certificate.");
    private static readonly Option<string?> s_key = File("--key", "The PEM key of --cert.");
    private static readonly Option<string?> s_tokenFile = File("--token-file", $"Present the bearer token in this file. Default: "
        + $"${Credentials.TokenVariable}.");

    static ConnectionOptions()
    {
        s_address.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !ServerAddress.IsValid(result.Tokens[0].Value))
            {
                result.AddError($"--address: \"{result.Tokens[0].Value}\" is not an address; write e.g. http://127.0.0.1:50051 or "
                    + $"unix:{ServerAddress.DefaultSocket}");
            }
        });
    }

    public static IReadOnlyList<Option> All { get; } = [s_address, s_tls, s_ca, s_certificate, s_key, s_tokenFile];

    /// <summary>The address; one that is not valid comes from the environment.</summary>
    public static string Address(ParseResult parsed)
    {
        string address = ServerAddress.Resolve(parsed.GetValue(s_address), Environment.GetEnvironmentVariable(ServerAddress.Variable),
            System.IO.File.Exists);
        bool tls = parsed.GetValue(s_tls) || parsed.GetValue(s_ca) is not null || parsed.GetValue(s_certificate) is not null;
        return tls ? ServerAddress.WithTls(address) : address;
    }

    /// <summary>What is presented.</summary>
    /// <exception cref="CredentialException">A file cannot be used.</exception>
    public static Credentials Load(ParseResult parsed) => Credentials.Load(parsed.GetValue(s_ca), parsed.GetValue(s_certificate),
        parsed.GetValue(s_key), parsed.GetValue(s_tokenFile), Environment.GetEnvironmentVariable(Credentials.TokenVariable));

    private static Option<string?> File(string name, string description) =>
        new(name) { Description = description, HelpName = "FILE", Recursive = true };
}
