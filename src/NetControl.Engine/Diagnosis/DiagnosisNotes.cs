using NetControl.Engine.Devices;
using NetControl.Engine.Netlink;
using NetControl.Network;

namespace NetControl.Engine.Diagnosis;

/// <summary>What the parts of a diagnosis share: the kernel's view, the options, the devices, and what was found so far.</summary>
/// <remarks>Owner: the diagnosing thread, in whose network namespace everything is read.</remarks>
internal sealed class DiagnosisNotes
{
    private const uint Root = 0;
    private readonly RtNetlink _netlink;
    private readonly Dictionary<bool, List<RuleInfo>> _rules = [];
    private readonly Dictionary<int, string> _names;

    /// <summary>Reads what all parts need.</summary>
    /// <param name="netlink">The kernel.</param>
    /// <param name="options">Tables, priorities, and the mark as configured.</param>
    /// <param name="mark">The mark that upstream sockets really carry, or 0.</param>
    /// <param name="devices">All devices of the engine that are interfaces, looked at or not.</param>
    public DiagnosisNotes(RtNetlink netlink, EngineOptions options, uint mark, IReadOnlyList<(DeviceSpec Spec, DeviceStatus Status)> devices)
    {
        _netlink = netlink;
        Options = options;
        Mark = mark;
        Devices = devices;
        Links = netlink.ListLinks();
        _names = Links.ToDictionary(link => link.Index, link => link.Name);
        DeviceIndexes = [.. Links.Where(link => devices.Any(d => d.Status.InterfaceName == link.Name)).Select(link => link.Index)];
    }

    /// <summary>Tables, priorities and the mark as configured.</summary>
    public EngineOptions Options { get; }

    /// <summary>The mark that upstream sockets really carry, or 0.</summary>
    public uint Mark { get; }

    /// <summary>All devices that are interfaces.</summary>
    public IReadOnlyList<(DeviceSpec Spec, DeviceStatus Status)> Devices { get; }

    /// <summary>All interfaces.</summary>
    public List<LinkInfo> Links { get; }

    /// <summary>The interfaces that are devices.</summary>
    public HashSet<int> DeviceIndexes { get; }

    /// <summary>What was found.</summary>
    public List<Finding> Findings { get; } = [];

    /// <summary>How many things were looked at.</summary>
    public int Checks { get; private set; }

    /// <summary>Counts something that is looked at, and passes its verdict on.</summary>
    public bool Check(bool wrong)
    {
        Checks++;
        return wrong;
    }

    /// <summary>Notes a finding.</summary>
    public void Add(FindingSeverity severity, FindingCode code, string subject, string message, string fix, string device = "") =>
        Findings.Add(new Finding(severity, code, subject, message, fix, device));

    /// <summary>The rules of a family, in order, but for the kill switch's.</summary>
    public List<RuleInfo> Rules(bool v6) => _rules.TryGetValue(v6, out List<RuleInfo>? rules) ? rules : _rules[v6] = ReadRules(v6);

    /// <summary>The addresses of an interface.</summary>
    public List<AddressInfo> Addresses(int index) => _netlink.ListAddresses(index);

    /// <summary>The routes of a family, of one table or through one interface.</summary>
    public List<RouteInfo> Routes(bool v6, uint? table = null, int? through = null) => _netlink.ListRoutes(v6, table, through);

    /// <summary>The way of a packet that our own sockets send, or null where there is none.</summary>
    public RouteInfo? LookUpOurs(IpAddr destination) => _netlink.LookUp(destination, Mark);

    /// <summary>The way of an application's packet. It may not be our user's: what that one sends is led past the devices, where we run
    /// without privileges.</summary>
    public RouteInfo? LookUpOthers(IpAddr destination) => _netlink.LookUp(destination, 0, Root);

    /// <summary>An interface's name.</summary>
    public string NameOf(int index) => _names.TryGetValue(index, out string? name) ? name : $"interface {index}";

    /// <summary>A way in words.</summary>
    public string Describe(RouteInfo? route) => route is null ? "nowhere: there is no route"
        : route.Type == Rtnl.RTN_LOCAL ? "to this machine itself"
        : $"through {NameOf(route.InterfaceIndex)} by table {(route.Table == Rtnl.RT_TABLE_MAIN ? "main" : route.Table)}";

    /// <summary>A sysctl's value, or null where it cannot be read.</summary>
    public static int? ReadSetting(string path)
    {
        try
        {
            return int.TryParse(
                File.ReadAllText($"/proc/sys/{path}").AsSpan().Trim(), System.Globalization.CultureInfo.InvariantCulture, out int value)
                ? value
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private List<RuleInfo> ReadRules(bool v6)
    {
        try
        {
            // Here it counts what a rule does, and not who made it. The kill switch's stand among the devices', and outlive them.
            return [.. _netlink.ListRules(v6).Where(rule => rule.Protocol != Rtnl.RTPROT_NETCONTROL_GUARD).Select(rule => rule with { Protocol = Rtnl.RTPROT_NETCONTROL })];
        }
        catch (NetlinkException)
        {
            return []; // a kernel without this family has no rules of it
        }
    }
}
