using System.CommandLine;
using System.CommandLine.Parsing;
using NetControl.Protocol.V1;

namespace NetControl.Cli.Input;

/// <summary>A chain as hops, in a file: no other user sees its secrets in the process list.</summary>
internal static class HopsFile
{
    /// <summary>The option that names the file.</summary>
    public static Option<string?> Option() => new("--hops")
    {
        Description = "The chain as hops, from a file: `hops` in YAML or JSON, as a proxy in the configuration file has them; - is standard input.",
        HelpName = "FILE",
    };

    /// <summary>Refuses the option beside another way to say the same.</summary>
    public static void ExcludesWhere(this Option<string?> hops, Func<OptionResult, bool> other, string name) => hops.Validators.Add(result =>
    {
        if (other(result))
        {
            result.AddError($"--hops cannot be had together with {name}; leave one out");
        }
    });

    /// <summary>Reads the file.</summary>
    /// <exception cref="DocumentException">With every fault, or that there are no hops: direct, which has none, is --config "".</exception>
    public static async Task<IReadOnlyList<Hop>> ReadAsync(string file, CancellationToken cancellationToken)
    {
        Proxy read = DocumentReader.Parse<Proxy>(await DocumentReader.ReadTextAsync(file, cancellationToken), file);
        return read.Hops.Count > 0
            ? read.Hops : throw new DocumentException($"{file}: has no hops; write e.g. hops: [{{socks5: {{server: \"192.0.2.1:1080\"}}}}]");
    }
}
