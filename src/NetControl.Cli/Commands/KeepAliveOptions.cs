using System.CommandLine;
using NetControl.Protocol.V1;

namespace NetControl.Cli.Commands;

/// <summary>The options that say when TCP asks a silent application whether it is still there.</summary>
internal sealed class KeepAliveOptions
{
    private readonly Option<bool> _disabled = new("--no-keep-alive") { Description = "Never ask a silent application." };
    private readonly Option<string?> _idle = Common.Duration("--keep-alive-idle", "How long an application may be silent; default 2h.");
    private readonly Option<string?> _interval = Common.Duration("--keep-alive-interval", "Between two questions; default 75s.");
    private readonly Option<uint> _probes = new("--keep-alive-probes") { Description = "Questions that may stay unanswered; default 9." };

    public IReadOnlyList<Option> All => [_disabled, _idle, _interval, _probes];

    public Command AddTo(Command command)
    {
        command.Add(_disabled);
        command.Add(_idle);
        command.Add(_interval);
        command.Add(_probes);
        return command;
    }

    public KeepAlive Read(ParseResult parsed) => new()
    {
        Disabled = parsed.GetValue(_disabled),
        Idle = Common.ParseDuration(parsed.GetValue(_idle)),
        Interval = Common.ParseDuration(parsed.GetValue(_interval)),
        Probes = parsed.GetValue(_probes),
    };
}
