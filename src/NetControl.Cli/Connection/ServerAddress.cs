namespace NetControl.Cli.Connection;

/// <summary>Where the server is: what the option, the environment or the defaults say.</summary>
internal static class ServerAddress
{
    public const string Variable = "NETCTL_ADDRESS";
    public const string DefaultSocket = "/run/netcontrol/netcontrol.sock";
    public const string DefaultUrl = "http://127.0.0.1:50051";

    public static string Resolve(string? option, string? environment, Func<string, bool> exists) =>
        !string.IsNullOrEmpty(option) ? option
        : !string.IsNullOrEmpty(environment) ? environment
        : exists(DefaultSocket) ? $"unix:{DefaultSocket}"
        : DefaultUrl;

    /// <summary>The same address, over TLS where it is not a socket of this machine.</summary>
    public static string WithTls(string address) =>
        address.StartsWith("http://", StringComparison.Ordinal) ? $"https://{address["http://".Length..]}" : address;

    public static bool IsValid(string address) =>
        (address.StartsWith("unix:/", StringComparison.Ordinal) && address.Length > "unix:/".Length)
        || (Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" && uri.PathAndQuery == "/");
}
