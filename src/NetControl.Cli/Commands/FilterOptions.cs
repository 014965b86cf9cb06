using System.CommandLine;
using NetControl.Cli.Completion;
using NetControl.Protocol.V1;

namespace NetControl.Cli.Commands;

/// <summary>The options that choose sessions.</summary>
internal sealed class FilterOptions
{
    private readonly Option<string[]> _devices = new("--device")
    {
        Description = "Sessions of this device; may be repeated.",
        DefaultValueFactory = _ => []
    };
    private readonly Option<string[]> _delegates = new("--delegate")
    {
        Description = "Sessions through this delegate; may be repeated.",
        DefaultValueFactory = _ => []
    };
    private readonly Option<string[]> _protocols = new("--protocol") { Description = "tcp or udp.", DefaultValueFactory = _ => [] };

    private readonly Option<string> _expression = ListOptions.Filter(
        "sessions", $"Those that also are so, e.g. '{ListFields.Example("sessions")}' (state, age and counters only where nothing is followed)");

    public FilterOptions()
    {
        _protocols.AcceptOnlyFromAmong("tcp", "udp");
        _devices.CompletionSources.Add(context => ResourceNames.Complete(context, "devices"));
        _delegates.CompletionSources.Add(context => ResourceNames.Complete(context, "delegates"));
    }

    public Command AddTo(Command command)
    {
        command.Add(_devices);
        command.Add(_delegates);
        command.Add(_protocols);
        command.Add(_expression);
        return command;
    }

    public SessionFilter Read(ParseResult parsed) => new()
    {
        Devices = { parsed.GetRequiredValue(_devices).Select(name => Common.Qualify("devices", name)) },
        Delegates = { parsed.GetRequiredValue(_delegates).Select(name => Common.Qualify("delegates", name)) },
        Expression = parsed.GetRequiredValue(_expression),
        Protocols = { parsed.GetRequiredValue(_protocols).Select(name => name == "udp" ? SessionProtocol.Udp : SessionProtocol.Tcp) },
    };
}
