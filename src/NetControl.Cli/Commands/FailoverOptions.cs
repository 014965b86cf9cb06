using System.CommandLine;
using NetControl.Protocol.V1;

namespace NetControl.Cli.Commands;

/// <summary>The options by which a delegate chooses among proxies.</summary>
internal sealed class FailoverOptions
{
    private readonly Option<string[]> _proxies = new("--proxies")
    {
        Description = "The proxies it chooses among, the most preferred first, e.g. main,spare.",
        CustomParser = result =>
        [
            .. result.Tokens.SelectMany(token =>
                token.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)),
        ],
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string?> _mode = new("--failover") { Description = "How it chooses: first-healthy, fixed or lowest-latency." };
    private readonly Option<uint> _failures = new("--failures") { Description = "So many failures in a row are too many." };
    private readonly Option<uint> _windowFailures = new("--window-failures") { Description = "So are so many among the last --window attempts." };
    private readonly Option<uint> _window = new("--window") { Description = "How many attempts are looked back on." };
    private readonly Option<uint> _successes = new("--successes") { Description = "So many successes in a row make up for it." };
    private readonly Option<string?> _holdDown = Common.Duration("--hold-down", "How long a choice holds before a better one may be made.");
    private readonly Option<string?> _backOff = Common.Duration("--back-off", "How long a proxy that failed is left alone, the first time.");
    private readonly Option<string?> _maxBackOff = Common.Duration("--max-back-off", "How long at most.");
    private readonly Option<string?> _target = new("--probe-target") { Description = "Probe each proxy: dial host:port through it." };
    private readonly Option<string?> _interval = Common.Duration("--probe-interval", "How often.");
    private readonly Option<string?> _timeout = Common.Duration("--probe-timeout", "How long a probe may take.");
    private readonly Option<bool> _skipStandby = new("--probe-skip-standby") { Description = "Leave proxies alone that rank behind the one in use." };

    public FailoverOptions() => _mode.AcceptOnlyFromAmong("first-healthy", "fixed", "lowest-latency");

    private Option[] Policy =>
        [_mode, _failures, _windowFailures, _window, _successes, _holdDown, _backOff, _maxBackOff, _target, _interval, _timeout, _skipStandby];

    public Command AddTo(Command command)
    {
        command.Options.Add(_proxies);
        foreach (Option option in Policy)
        {
            command.Options.Add(option);
        }

        return command;
    }

    /// <summary>Puts what was written into a delegate; what was not stays unset.</summary>
    public void Read(ParseResult parsed, Protocol.V1.Delegate message)
    {
        message.Proxies.Add((parsed.GetValue(_proxies) ?? []).Select(proxy => Common.Qualify("proxies", proxy)));
        if (!Policy.Any(option => parsed.IsGiven(option)))
        {
            return;
        }

        message.Failover = new FailoverPolicy
        {
            Mode = parsed.GetValue(_mode) switch
            {
                "first-healthy" => FailoverPolicy.Types.Mode.FirstHealthy,
                "fixed" => FailoverPolicy.Types.Mode.Fixed,
                "lowest-latency" => FailoverPolicy.Types.Mode.LowestLatency,
                _ => FailoverPolicy.Types.Mode.Unspecified,
            },
            Failures = parsed.GetValue(_failures),
            WindowFailures = parsed.GetValue(_windowFailures),
            Window = parsed.GetValue(_window),
            Successes = parsed.GetValue(_successes),
            HoldDown = Common.ParseDuration(parsed.GetValue(_holdDown)),
            BackOff = Common.ParseDuration(parsed.GetValue(_backOff)),
            MaxBackOff = Common.ParseDuration(parsed.GetValue(_maxBackOff)),
            Probe = parsed.GetValue(_target) is not { } target ? null : new HealthProbe
            {
                Target = target,
                Interval = Common.ParseDuration(parsed.GetValue(_interval)),
                Timeout = Common.ParseDuration(parsed.GetValue(_timeout)),
                SkipStandby = parsed.GetValue(_skipStandby),
            },
        };
    }
}
