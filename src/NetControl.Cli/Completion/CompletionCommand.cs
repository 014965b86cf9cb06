using System.CommandLine;

namespace NetControl.Cli.Completion;

/// <summary>netctl completion: the scripts that make shells ask netctl how a line may go on.</summary>
/// <remarks>The scripts know nothing of the commands: they ask, with the <c>[suggest]</c> directive, and so never grow old.</remarks>
internal static class CompletionCommand
{
    public const string Bash = """
        # netctl completion for bash: source <(netctl completion bash)
        _netctl() {
          local word="${COMP_WORDS[COMP_CWORD]}" line="${COMP_LINE:0:COMP_POINT}"
          local IFS=$'\n'
          COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:${#line}]" "$line" 2>/dev/null)" -- "$word"))
        }
        complete -o default -F _netctl netctl

        """;

    public const string Zsh = """
        #compdef netctl
        # netctl completion for zsh: source <(netctl completion zsh)
        _netctl() {
          local line="${LBUFFER}"
          local -a found
          found=("${(@f)$("${words[1]}" "[suggest:${#line}]" "$line" 2>/dev/null)}")
          compadd -a found || _files
        }
        compdef _netctl netctl

        """;

    public const string Fish = """
        # netctl completion for fish: netctl completion fish | source
        function __netctl_complete
          set -l line (commandline -cp)
          netctl "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c netctl -f -a '(__netctl_complete)'

        """;

    public static Command Create()
    {
        Argument<string> shell = new("shell") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        Command command = new("completion", "Print a script that completes commands and resource names in your shell.") { shell };
        command.SetAction(parsed =>
        {
            parsed.InvocationConfiguration.Output.Write(parsed.GetValue(shell) switch { "zsh" => Zsh, "fish" => Fish, _ => Bash });
            return ExitCode.Ok;
        });
        return command;
    }
}
