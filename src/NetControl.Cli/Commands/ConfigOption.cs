using System.CommandLine;
using System.CommandLine.Parsing;
using NetControl.Cli.Input;

namespace NetControl.Cli.Commands;

/// <summary>A chain, which may hold secrets: on the command line, where the process list and the shell's history show it, or from a file or
/// standard input, where they do not.</summary>
internal sealed class ConfigOption
{
    private readonly Option<string?> _text;
    private readonly Option<string?> _file = new("--config-file")
    {
        Description = "Read it from a file, or from standard input with -; a line end after it is left off. For what holds secrets.",
        HelpName = "FILE",
    };

    public ConfigOption(string description)
    {
        _text = new Option<string?>("--config")
        {
            Description = $"{description} Other users can see it in the process list, and the shell remembers it: with secrets in it use --config-file.",
        };
    }

    public Command AddTo(Command command)
    {
        command.Add(_text);
        command.Add(_file);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_text) is { Implicit: false } && result.GetResult(_file) is { Implicit: false })
            {
                result.AddError("--config and --config-file: leave one of them out");
            }
        });
        return command;
    }

    /// <summary>Whether it is on the command line, in either way.</summary>
    public bool IsGiven(SymbolResult result) => result.GetResult(_text) is { Implicit: false } || result.GetResult(_file) is { Implicit: false };

    /// <summary>The chain; null where none was given.</summary>
    /// <exception cref="DocumentException">The file cannot be read.</exception>
    public async Task<string?> ReadAsync(ParseResult parsed, CancellationToken cancellation)
    {
        if (parsed.GetValue(_file) is not { } path)
        {
            return parsed.GetValue(_text);
        }

        return (await DocumentReader.ReadTextAsync(path, cancellation)).TrimEnd('\n', '\r');
    }
}
