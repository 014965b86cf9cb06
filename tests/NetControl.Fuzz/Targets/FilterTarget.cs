using System.Text;
using NetControl.ControlPlane.Delegates;
using NetControl.ControlPlane.Devices;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Lists;
using NetControl.ControlPlane.Lists.Filters;
using NetControl.ControlPlane.Policies;
using NetControl.ControlPlane.Proxies;
using NetControl.ControlPlane.Sessions;
using NetControl.ControlPlane.Validation;
using NetControl.Engine.Sessions;
using NetControl.Fuzz.Machine;
using NetControl.Network;
using static NetControl.Fuzz.Machine.BrokenPromiseException;

namespace NetControl.Fuzz.Targets;

/// <summary>What callers write into lists: filters, orders and page tokens. Each is understood, or refused with its place.</summary>
internal sealed class FilterTarget : IFuzzTarget
{
    private static readonly (string Name, string Text)[] s_seeds =
    [
        ("states", "state=READY AND NOT (name=eu-* OR age<5m)"), ("conditions", "conditions.Ready=false AND conditions.Ready.age>=1.5h"),
        ("lists", "uses:proxies/a OR rules.action:DENY OR health.state:*"), ("quotes", "config='it\\'s \\*' AND policy=\"\""),
        ("sessions", "destination=10.0.0.0/8 AND source.port!=53 AND -protocol=TCP"), ("networks", "routes:198.18.0.7 AND addresses:fd77::/64"),
        ("times", "create_time>2026-01-31T12:00:00Z AND update_time<=2026-01-31"), ("order", "state, create_time desc"),
        ("token", new PageToken("devices", "a=1", "name", 5, ["x", 7]).ToString()), ("depth", "((((a=1))))"), ("numbers", "mtu>-99999999999999999999"),
    ];

    private static readonly SessionInfo s_session = new()
    {
        Id = 1,
        Device = "devices/tun0",
        Egress = null,
        Protocol = SessionProtocol.Tcp,
        Source = AddrPort.Parse("10.77.0.1:1"),
        Destination = AddrPort.Parse("[fd99::1]:80"),
        State = SessionState.Open,
        Cause = SessionCause.None,
        OpenedUtcTicks = 1,
        ClosedUtcTicks = 0,
        DialDuration = TimeSpan.Zero,
        BytesSent = 1,
        BytesReceived = 2,
        PacketsSent = 3,
        PacketsReceived = 4,
    };

    public IEnumerable<(string Name, byte[] Input)> Seeds() => s_seeds.Select(seed => (seed.Name, Encoding.UTF8.GetBytes(seed.Text)));

    public void Run(ReadOnlySpan<byte> input)
    {
        string text = Encoding.UTF8.GetString(input);
        ViolationList violations = new();
        if (FilterParser.Parse(text, "filter", violations) is { } node)
        {
            Unless(violations.Items.Count == 0, "what is read has no fault");
            FilterNode? again = node.ToString()!.Length > FilterParser.LongestText ? node : FilterParser.Parse(node.ToString()!, "filter", violations);
            Unless(again?.ToString() == node.ToString(), "a filter is read as it is written");
        }
        else
        {
            Unless(violations.Items.Count == 1 || string.IsNullOrWhiteSpace(text), "what is not read has a fault");
        }

        Ask(DeviceList.Schema.Fields, text);
        Ask(DelegateList.Schema.Fields, text);
        Ask(ProxyList.Schema.Fields, text);
        Ask(PolicyList.Schema.Fields, text);
        if (Ask(SessionList.Schema, text) is { } sessions)
        {
            Unless(sessions.Run([s_session]).Items.Count <= 1, "there are no more than there are");
        }

        if (PageToken.Parse(text) is { } token)
        {
            Unless(PageToken.Parse(token.ToString())!.ToString() == token.ToString(), "a token is read as it is written");
        }
    }

    // One text in the place of each field, and of all three.
    private static ListQuery<T>? Ask<T>(ListSchema<T> schema, string text)
    {
        Try(schema, new ListRequest(OrderBy: text));
        Try(schema, new ListRequest(PageToken: text));
        Try(schema, new ListRequest(text, text, 0, text));
        return Try(schema, new ListRequest(text));
    }

    private static ListQuery<T>? Try<T>(ListSchema<T> schema, ListRequest request)
    {
        try
        {
            return ListQuery<T>.Compile(request, schema, "list", DateTimeOffset.UnixEpoch);
        }
        catch (ControlPlaneException e) when (e.Error == ControlPlaneError.InvalidArgument)
        {
            Unless(e.Violations.Count > 0 && e.Violations.All(v => v.Description.Length is > 0 and < 2000), "what is refused is told in few words");
            return null;
        }
    }
}
