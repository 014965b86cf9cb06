using System.Buffers;
using System.Text;
using NetControl.ControlPlane.Specs;
using NetControl.Engine.Devices;
using NetControl.Network;

namespace NetControl.ControlPlane.Validation;

/// <summary>Turns a device draft into a spec, or says everything that is wrong with it.</summary>
internal static class DeviceValidator
{
    private const int LongestInterfaceName = 15; // IFNAMSIZ - 1
    private const int LongestSocketPath = 107; // sun_path, less its end
    private const int SmallestMtu = 1280; // RFC 8200, section 5
    private const int LargestMtu = 65535;
    private const int MostQueues = 256; // the kernel's MAX_TAP_QUEUES
    private const long MostSessions = 10_000_000;
    private const long LeastBytes = 1 << 20; // room for some connections, and for the largest datagram several times over
    private const long MostBytes = 1L << 40;
    private static readonly SearchValues<char> s_notInNames = SearchValues.Create("/:% \t\r\n");

    /// <summary>Checks a draft. Fields are named with the prefix, e.g. <c>devices[0].</c>.</summary>
    public static TunSpec? Validate(DeviceDraft draft, string prefix, FieldNaming naming, ViolationList violations)
    {
        int before = violations.Items.Count;
        NameValidator.Check(draft.Name, ResourceName.Devices, prefix + "name", violations);
        string name = InterfaceName(draft, prefix, violations);
        RangeValidator.Check(draft.Mtu, SmallestMtu, LargestMtu, "1500", prefix + "mtu", violations);
        if (draft.Queues is < 0 or > MostQueues)
        {
            violations.AddOutOfRange(prefix + "queues", $"{draft.Queues}", $"write 0 to {MostQueues}; 0 is one for each event loop");
        }

        CheckSocket(draft.DescriptorSocket, prefix + naming.DescriptorSocket, violations);
        KeepAliveValidator.Check(draft.KeepAlive, prefix + naming.KeepAlive + ".", violations);
        CheckLimits(draft.Limits, prefix + "limits.", naming, violations);
        IReadOnlyList<IpPrefix> addresses = Addresses(draft.Addresses, prefix + "addresses", violations);
        IReadOnlyList<IpPrefix> routes = Routes(draft.Routes, prefix + "routes", violations);
        IReadOnlyList<IpPrefix> excluded = Routes(draft.ExcludedRoutes, prefix + naming.ExcludedRoutes, violations);
        NameValidator.CheckAttachment(draft.StreamDialer, prefix + naming.StreamDialer, violations);
        NameValidator.CheckAttachment(draft.PacketProxy, prefix + naming.PacketProxy, violations);
        if (draft.Policy.Length > 0)
        {
            NameValidator.Check(draft.Policy, ResourceName.Policies, prefix + "policy", violations);
        }

        return violations.Items.Count > before
            ? null
            : new TunSpec
            {
                Name = draft.Name,
                Interface = name,
                DescriptorSocket = draft.DescriptorSocket,
                Mtu = (int)draft.Mtu,
                Addresses = addresses,
                Routes = routes,
                ExcludedRoutes = excluded,
                StreamDialer = draft.StreamDialer,
                PacketProxy = draft.PacketProxy,
                KillSwitch = draft.KillSwitch,
                Policy = draft.Policy,
                AcceptImmediately = draft.AcceptImmediately,
                Queues = (int)draft.Queues,
                DisableOffload = draft.DisableOffload,
                UdpFiltering = draft.UdpFiltering,
                CongestionControl = draft.CongestionControl,
                KeepAlive = draft.KeepAlive,
                Limits = draft.Limits,
            };
    }

    private static void CheckSocket(string path, string field, ViolationList violations)
    {
        if (path.Length > 0 && (path[0] != '/' || path.Contains('\0', StringComparison.Ordinal)))
        {
            violations.Add(field, path, "is not an absolute path", "write e.g. /run/node-agent/tun.sock", "INVALID_PATH");
        }
        else if (Encoding.UTF8.GetByteCount(path) > LongestSocketPath)
        {
            violations.Add(field, path, $"is longer than the {LongestSocketPath} bytes of a Unix socket's path", "write a shorter one",
                "TOO_LONG");
        }
    }

    private static void CheckLimits(DeviceLimits limits, string prefix, FieldNaming naming, ViolationList violations)
    {
        Sessions(limits.MaxTcpSessions, "4096", naming.MaxTcpSessions);
        Sessions(limits.MaxUdpSessions, "4096", naming.MaxUdpSessions);
        Sessions(limits.MaxHalfOpen, "1024", naming.MaxHalfOpen);
        Bytes(limits.MaxBufferBytes, "268435456", naming.MaxBufferBytes);
        Bytes(limits.MaxReassemblyBytes, "8388608", naming.MaxReassemblyBytes);
        Sessions(limits.MaxSessionsPerSource, "1024", naming.MaxSessionsPerSource);
        Sessions(limits.MaxSessionsPerDestination, "1024", naming.MaxSessionsPerDestination);

        void Sessions(long value, string example, string field) =>
            RangeValidator.Check(value, 1, MostSessions, example, prefix + field, violations);

        void Bytes(long value, string example, string field) =>
            RangeValidator.Check(value, LeastBytes, MostBytes, example, prefix + field, violations);
    }

    private static string InterfaceName(DeviceDraft draft, string prefix, ViolationList violations)
    {
        bool given = draft.Interface.Length > 0;
        // What is handed over has a name already.
        string name = given || draft.DescriptorSocket.Length > 0 ? draft.Interface
            : ResourceName.TryGetId(draft.Name, ResourceName.Devices, out string? id) ? id : "";
        if (Encoding.UTF8.GetByteCount(name) > LongestInterfaceName)
        {
            string problem = given ? "is longer than 15 bytes" : "is longer than the 15 bytes of an interface name";
            violations.Add(prefix + "interface", name, problem, "write a shorter one, e.g. interface: tun0", "TOO_LONG");
        }
        else if (given && (name is "." or ".." || name.AsSpan().ContainsAny(s_notInNames)))
        {
            violations.Add(prefix + "interface", name, "is not an interface name", "leave out / : % and white space, e.g. tun0",
                "INVALID_NAME");
        }

        return name;
    }

    private static List<IpPrefix> Addresses(IReadOnlyList<string> texts, string field, ViolationList violations)
    {
        List<IpPrefix> result = new(texts.Count);
        for (int i = 0; i < texts.Count; i++)
        {
            string text = texts[i];
            string path = $"{field}[{i}]";
            if (!TryParsePrefix(text, out IpPrefix prefix))
            {
                violations.Add(path, text, "is not an address with prefix length", $"write e.g. {ExampleAddress(text)}", "INVALID_ADDRESS");
            }
            else if (prefix.Address.IsUnspecified || IsMulticast(prefix.Address))
            {
                violations.Add(path, text, "cannot be an interface's address", "write a unicast address, e.g. 10.77.0.1/24",
                    "INVALID_ADDRESS");
            }
            else if (result.Exists(other => other.Address == prefix.Address))
            {
                violations.Add(path, text, "is there twice", "write it once", "DUPLICATE");
            }
            else
            {
                result.Add(prefix);
            }
        }

        return result;
    }

    private static List<IpPrefix> Routes(IReadOnlyList<string> texts, string field, ViolationList violations)
    {
        List<IpPrefix> result = new(texts.Count);
        for (int i = 0; i < texts.Count; i++)
        {
            string text = texts[i];
            string path = $"{field}[{i}]";
            if (!TryParsePrefix(text, out IpPrefix prefix))
            {
                violations.Add(path, text, "is not a network with prefix length", $"write e.g. {ExampleRoute(text)}", "INVALID_PREFIX");
            }
            else if (!prefix.IsNetwork)
            {
                violations.Add(path, text, "has bits set beyond its prefix length", $"write {prefix.Network()}", "INVALID_PREFIX");
            }
            else if (result.Contains(prefix))
            {
                violations.Add(path, text, "is there twice", "write it once", "DUPLICATE");
            }
            else
            {
                result.Add(prefix);
            }
        }

        return result;
    }

    private static bool TryParsePrefix(string text, out IpPrefix prefix)
    {
        prefix = default;
        return text.Contains('/', StringComparison.Ordinal) && IpPrefix.TryParse(text, out prefix);
    }

    private static string ExampleAddress(string text) =>
        !IpAddr.TryParse(BeforeSlash(text), out IpAddr address) ? "10.77.0.1/24 or fd77::1/64" : address.IsV4 ? $"{address}/24"
            : $"{address}/64";

    private static string ExampleRoute(string text) =>
        !IpAddr.TryParse(BeforeSlash(text), out IpAddr address) ? "198.18.0.0/15 or ::/0"
            : new IpPrefix(address, address.IsV4 ? 24 : 64).Network().ToString();

    private static string BeforeSlash(string text) => text.Split('/', 2)[0];

    private static bool IsMulticast(IpAddr address) => address.IsV4 ? address.V4 >> 28 == 0xE : address.High >> 56 == 0xFF;
}
