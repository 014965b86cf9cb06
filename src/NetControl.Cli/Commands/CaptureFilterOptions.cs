using System.CommandLine;
using NetControl.Protocol.V1;

namespace NetControl.Cli.Commands;

/// <summary>The options that choose packets.</summary>
internal sealed class CaptureFilterOptions
{
    private readonly Option<string[]> _protocols = Repeated("--protocol", "tcp, udp or icmp; may be repeated.");
    private readonly Option<string[]> _networks = Repeated("--net", "A network or address that is source or destination; may be repeated.");
    private readonly Option<uint[]> _ports = new("--port")
    {
        Description = "A port that is source or destination; may be repeated.",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string> _session = new("--session")
    {
        Description = "One session, devices/{device}/sessions/{session}.",
        DefaultValueFactory = _ => "",
    };

    private readonly Option<string?> _direction = new("--direction") { Description = "from-app or to-app; default both." };
    private readonly Option<bool> _dropped = new("--dropped") { Description = "Only packets that were dropped." };
    private readonly Option<string[]> _reasons = Repeated("--drop-reason", "Only packets dropped for this reason; may be repeated.");

    public CaptureFilterOptions()
    {
        _protocols.AcceptOnlyFromAmong("tcp", "udp", "icmp");
        _direction.AcceptOnlyFromAmong("from-app", "to-app");
    }

    public Command AddTo(Command command)
    {
        command.Add(_protocols);
        command.Add(_networks);
        command.Add(_ports);
        command.Add(_session);
        command.Add(_direction);
        command.Add(_dropped);
        command.Add(_reasons);
        return command;
    }

    public CaptureFilter Read(ParseResult parsed) => new()
    {
        Protocols =
        {
            (parsed.GetValue(_protocols) ?? []).Select(protocol => protocol switch
            {
                "tcp" => CaptureFilter.Types.Protocol.Tcp,
                "udp" => CaptureFilter.Types.Protocol.Udp,
                _ => CaptureFilter.Types.Protocol.Icmp,
            }),
        },
        Networks = { parsed.GetValue(_networks) ?? [] },
        Ports = { parsed.GetValue(_ports) ?? [] },
        Session = parsed.GetValue(_session) ?? "",
        Direction = parsed.GetValue(_direction) switch
        {
            "from-app" => CaptureFilter.Types.Direction.FromApplication,
            "to-app" => CaptureFilter.Types.Direction.ToApplication,
            _ => CaptureFilter.Types.Direction.Unspecified,
        },
        DroppedOnly = parsed.GetValue(_dropped),
        DropReasons = { parsed.GetValue(_reasons) ?? [] },
    };

    private static Option<string[]> Repeated(string name, string description) =>
        new(name) { Description = description, DefaultValueFactory = _ => [] };
}
