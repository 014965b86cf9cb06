using NetControl.Engine.Hardening;
using NetControl.Engine.Interop.Linux;
using NetControl.Engine.Netlink;

namespace NetControl.Engine.Devices;

/// <summary>Does once, with privileges, what a process without any needs: an interface that outlives its makers and belongs to that process's
/// user, and rules that keep that user's own traffic out of it.</summary>
/// <remarks>
/// All of it carries <see cref="Rtnl.RTPROT_NETCONTROL_SETUP"/>, so that the process that uses it later finds it there, made by somebody else, and
/// leaves it as it is. Each step is left out where it is done already: a pod's init container runs again after a restart of its node.
/// Thread rule: a thread of the network namespace in question, never a loop.
/// </remarks>
public static class Preparation
{
    private const uint MiscMajor = 10;
    private const uint TunMinor = 200;
    private const short Flags = Libc.IFF_TUN | Libc.IFF_NO_PI | Libc.IFF_VNET_HDR | Libc.IFF_MULTI_QUEUE;

    /// <summary>Makes the interface with its MTU, addresses, routes and rules, and gives it to a user.</summary>
    /// <exception cref="EngineException">The kernel said no. What had been done stays; run it again when the reason is gone.</exception>
    public static void Prepare(EngineOptions options, DeviceSpec spec, uint user)
    {
        try
        {
            using RtNetlink netlink = new() { Mark = Rtnl.RTPROT_NETCONTROL_SETUP };
            LinkInfo? existing = netlink.GetLink(spec.InterfaceName);
            if (existing?.Tun is not { Persistent: true, Owner: { } owner } || owner != user)
            {
                MakeInterface(options, spec.InterfaceName, existing, user);
            }

            LinkInfo link = netlink.GetLink(spec.InterfaceName)
                ?? throw new EngineException(EngineError.KernelRefused, $"interface {spec.InterfaceName} was removed while it was being set up");
            new InterfaceSetup(netlink, options, link, new UndoList()).Apply(spec);
        }
        catch (NetlinkException e)
        {
            throw Refused($"interface {spec.InterfaceName}", e);
        }
    }

    /// <summary>Leaves what a user sends to the machine's own routes: its upstream connections must not come back into the devices, and without
    /// a capability it cannot mark them.</summary>
    /// <exception cref="EngineException">The kernel said no.</exception>
    public static void LeaveOut(EngineOptions options, uint user)
    {
        try
        {
            using RtNetlink netlink = new();
            foreach (bool v6 in (bool[])[false, true])
            {
                RuleInfo rule = new()
                {
                    IsV6 = v6,
                    Priority = options.RulePriority - PolicyRules.Excluded,
                    User = user,
                    Table = Rtnl.RT_TABLE_MAIN,
                    Protocol = Rtnl.RTPROT_NETCONTROL_SETUP,
                };
                if (HasFamily(netlink, v6) && !netlink.ListRules(v6).Exists(rule.DoesTheSameAs))
                {
                    netlink.AddRule(rule);
                }
            }
        }
        catch (NetlinkException e)
        {
            throw Refused($"the rule for user {user}", e);
        }
    }

    /// <summary>Makes a node of the TUN driver, where the machine's own is root's, or is not in the container.</summary>
    /// <remarks>It is the maker's until <see cref="GiveNode"/>: root without CAP_DAC_OVERRIDE may not open what is another's.</remarks>
    /// <exception cref="EngineException">The kernel said no.</exception>
    public static void MakeNode(string path)
    {
        File.Delete(path);
        if (Libc.MakeCharacterDevice(path, MiscMajor, TunMinor) != 0)
        {
            Errno errno = Libc.LastErrno;
            throw new EngineException(errno == Errno.EPERM ? EngineError.MissingCapability : EngineError.TunDeviceMissing,
                $"{path} cannot be made ({Libc.Describe(errno)}): it takes the capability CAP_MKNOD, and a directory that may be written");
        }
    }

    /// <summary>Gives it to a user.</summary>
    /// <exception cref="EngineException">The kernel said no.</exception>
    public static void GiveNode(string path, uint user)
    {
        if (ProcessHardening.ChangeOwner(path, user, null) is { } error)
        {
            throw new EngineException(EngineError.TunDeviceDenied, $"{path} cannot be given to user {user} ({error}): it takes the capability CAP_CHOWN");
        }
    }

    /// <summary>Takes away what was prepared in this network namespace: interfaces, with their addresses and routes, and rules.</summary>
    /// <returns>What was taken away, in words.</returns>
    /// <exception cref="EngineException">The kernel said no.</exception>
    public static IReadOnlyList<string> Remove()
    {
        try
        {
            using RtNetlink netlink = new();
            List<string> removed = [];
            foreach (RuleInfo rule in (RuleInfo[])[.. netlink.ListRules(v6: false), .. netlink.ListRules(v6: true)])
            {
                if (rule is { Protocol: Rtnl.RTPROT_NETCONTROL_SETUP, HasMore: false })
                {
                    netlink.DeleteRule(rule);
                    removed.Add($"rule {rule}");
                }
            }

            foreach (LinkInfo link in netlink.ListLinks().Where(link => link.Tun is { IsTun: true, Persistent: true, Owner: not null }))
            {
                if (netlink.ListAddresses(link.Index).Exists(address => address.Protocol == Rtnl.RTPROT_NETCONTROL_SETUP))
                {
                    netlink.DeleteLink(link.Index);
                    removed.Add($"interface {link.Name}");
                }
            }

            return removed;
        }
        catch (NetlinkException e)
        {
            throw Refused("what was prepared", e);
        }
    }

    private static void MakeInterface(EngineOptions options, string name, LinkInfo? existing, uint user)
    {
        if (existing is not null && existing.Tun is not { IsTun: true, Queues: 0 })
        {
            throw new EngineException(
                EngineError.InterfaceBusy, $"interface {name} is in use, or is not a TUN: remove it with 'ip link delete {name}', or choose another name");
        }

        using SafeFd fd = new(Libc.Open(options.TunPath, Libc.O_RDWR | Libc.O_NONBLOCK | Libc.O_CLOEXEC));
        if (fd.IsInvalid)
        {
            Errno errno = Libc.LastErrno;
            throw new EngineException(errno is Errno.EPERM or Errno.EACCES ? EngineError.TunDeviceDenied : EngineError.TunDeviceMissing,
                $"{options.TunPath} cannot be opened ({Libc.Describe(errno)}): hand the device into the container, or make a node with --make-tun");
        }

        if (Libc.TunSetInterface(fd.Value, name, Flags) != 0 || Libc.TunSetOwner(fd.Value, user) != 0
            || Libc.TunSetPersist(fd.Value, persist: true) != 0)
        {
            Errno errno = Libc.LastErrno;
            throw new EngineException(errno == Errno.EPERM ? EngineError.MissingCapability : EngineError.KernelRefused,
                $"interface {name} cannot be made ({Libc.Describe(errno)}): it takes the capability CAP_NET_ADMIN");
        }
    }

    // A kernel without IPv6 has no rules of it either, and nothing to keep out.
    private static bool HasFamily(RtNetlink netlink, bool v6) => !v6 || netlink.ListRules(v6).Count > 0;

    private static EngineException Refused(string what, NetlinkException e) => new(
        e.Errno == Errno.EPERM ? EngineError.MissingCapability : EngineError.KernelRefused,
        e.Errno == Errno.EPERM ? $"{what}: {e.Message}: it takes the capability CAP_NET_ADMIN" : $"{what}: {e.Message}", e);
}
