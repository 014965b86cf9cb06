using Microsoft.Extensions.Logging;
using NetControl.Engine.Interop.Linux;
using NetControl.Engine.Netlink;

namespace NetControl.Engine.Devices;

/// <summary>A TUN interface of the kernel, created, adopted or handed over, set up as its spec says and given back as it was found.</summary>
/// <remarks>
/// Thread rule: any one thread at a time, never a loop; opening takes a few system calls per address and route. Lifetime: the device
/// disposes, after its loops have let go of the queues' descriptors. Everything happens in the network namespace of the thread that opened
/// it, on whatever thread it is disposed.
/// </remarks>
internal sealed class TunInterface : IDisposable
{
    // What the kernel gives a new TUN.
    private const int UsualMtu = 1500;

    private readonly RtNetlink _netlink;
    private readonly TunQueues _queues;
    private readonly InterfaceSetup? _setup;
    private readonly UndoList _undo;
    private readonly FoundIpv6? _found;
    private readonly ILogger _logger;
    private bool _restored;

    private TunInterface(RtNetlink netlink, TunQueues queues, InterfaceSetup? setup, UndoList undo, FoundIpv6? found, DeviceStatus status,
        ILogger logger)
    {
        _netlink = netlink;
        _queues = queues;
        _setup = setup;
        _undo = undo;
        _found = found;
        _logger = logger;
        Status = status;
        Queues = [.. queues.Queues];
    }

    /// <summary>The attached descriptors, non-blocking; owned by this object.</summary>
    public IReadOnlyList<SafeFd> Queues { get; }

    /// <summary>Whether every packet is preceded by a <see cref="VirtioNetHeader"/>, both ways.</summary>
    public bool VnetHeader => _queues.VnetHeader;

    /// <summary>The offloads in force.</summary>
    public TunOffloads Offloads => _queues.Offloads;

    /// <summary>What the device turned out to be.</summary>
    public DeviceStatus Status { get; private set; }

    /// <summary>Makes the interface, or adopts one that exists by that name, and sets it up. All or nothing.</summary>
    /// <param name="spec">What it should be.</param>
    /// <param name="options">Mark, routing tables and rule priorities.</param>
    /// <param name="maxQueues">The most queues, one per loop.</param>
    /// <param name="logger">For what an operator should know.</param>
    /// <exception cref="EngineException">The kernel said no; what had been done is undone.</exception>
    public static TunInterface Open(DeviceSpec spec, EngineOptions options, int maxQueues, ILogger logger)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxQueues);
        if (spec.DescriptorSocket.Length > 0)
        {
            return TakeOver(spec, options, maxQueues, logger);
        }

        ThrowIfInvalidName(spec.InterfaceName);
        RtNetlink? netlink = null;
        TunQueues? queues = null;
        FoundIpv6? found = null;
        UndoList undo = new();
        try
        {
            netlink = new RtNetlink();
            LinkInfo? existing = netlink.GetLink(spec.InterfaceName);
            if (existing is not null)
            {
                ThrowIfBusy(existing);
                found = new FoundIpv6(netlink, existing.Index);
            }

            int wanted = Math.Min(spec.Queues > 0 ? spec.Queues : maxQueues, maxQueues);
            queues = TunQueues.Open(spec.InterfaceName, options.TunPath, existing, wanted, spec.Offload);
            InterfaceSetup setup = new(netlink, options, Find(netlink, spec.InterfaceName), undo);
            setup.Apply(spec);

            DeviceStatus status = Describe(Find(netlink, spec.InterfaceName), queues, adopted: existing is not null);
            Report(status, logger);
            return new TunInterface(netlink, queues, setup, undo, found, status, logger);
        }
        catch (Exception e)
        {
            undo.Run((what, failure) => DeviceLog.NotTakenBack(logger, spec.InterfaceName, what, failure));
            queues?.Close();
            found?.RemoveNewcomers();
            netlink?.Dispose();
            if (e is NetlinkException refusal)
            {
                throw new EngineException(EngineError.KernelRefused, $"interface {spec.InterfaceName}: {refusal.Message}", refusal);
            }

            throw;
        }
    }

    /// <summary>Has an agent hand over an interface of its own making, and sets up what it lacks, where it lives in our network namespace.
    /// All or nothing.</summary>
    /// <exception cref="EngineException">There was no descriptor, or the kernel said no; what had been done is undone.</exception>
    private static TunInterface TakeOver(DeviceSpec spec, EngineOptions options, int maxQueues, ILogger logger)
    {
        int wanted = Math.Min(spec.Queues > 0 ? spec.Queues : maxQueues, maxQueues);
        List<SafeFd> descriptors = DescriptorRequest.Send(spec.DescriptorSocket, spec.Name, spec.InterfaceName, wanted);
        RtNetlink? netlink = null;
        TunQueues? queues = null;
        UndoList undo = new();
        string name = spec.InterfaceName;
        try
        {
            HandedOver found = HandedOver.Inspect(descriptors, spec.InterfaceName);
            name = found.Name;
            netlink = new RtNetlink();
            LinkInfo? link = found.Find(netlink, descriptors[0]);
            queues = TunQueues.TakeOver(found, descriptors, wanted, spec.Offload);
            InterfaceSetup? setup = link is null ? null : new InterfaceSetup(netlink, options, link, undo);
            if (setup is null)
            {
                ThrowIfDeclared(name, spec);
            }

            setup?.Apply(spec);
            LinkInfo now = link is null ? new LinkInfo { Index = 0, Name = name, Mtu = spec.Mtu == 0 ? UsualMtu : spec.Mtu } : Find(netlink, name);
            DeviceStatus status = Describe(now, queues, adopted: true);
            Report(status, logger);
            return new TunInterface(netlink, queues, setup, undo, found: null, status, logger);
        }
        catch (Exception e)
        {
            undo.Run((what, failure) => DeviceLog.NotTakenBack(logger, name, what, failure));
            queues?.Close();
            descriptors.ForEach(descriptor => descriptor.Dispose());
            netlink?.Dispose();
            if (e is NetlinkException refusal)
            {
                throw new EngineException(EngineError.KernelRefused, $"interface {name}: {refusal.Message}", refusal);
            }

            throw;
        }
    }

    /// <summary>Takes another spec's MTU, addresses and routes in place. On a thread of the interface's network namespace.</summary>
    /// <exception cref="EngineException">The kernel said no, or the interface is gone; update to the former spec to go back.</exception>
    public void Update(DeviceSpec spec)
    {
        if (_setup is null)
        {
            ThrowIfDeclared(Status.InterfaceName, spec);
            Status = Status with { Mtu = spec.Mtu == 0 ? UsualMtu : spec.Mtu };
            return;
        }

        try
        {
            _setup.Update(spec);
            Status = Status with { Mtu = Find(_netlink, Status.InterfaceName).Mtu };
        }
        catch (NetlinkException e)
        {
            throw new EngineException(EngineError.KernelRefused, $"interface {spec.InterfaceName}: {e.Message}", e);
        }
    }

    /// <summary>
    /// Takes back rules, routes, addresses, link state and MTU, and detaches: a created interface vanishes. Once; later calls do nothing.
    /// </summary>
    public void Restore()
    {
        if (_restored)
        {
            return;
        }

        _restored = true;
        _undo.Run((what, failure) => DeviceLog.NotTakenBack(_logger, Status.InterfaceName, what, failure));
        _queues.Close();
        _found?.RemoveNewcomers();
        _netlink.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => Restore();

    private static LinkInfo Find(RtNetlink netlink, string name) =>
        netlink.GetLink(name)
        ?? throw new EngineException(EngineError.KernelRefused, $"interface {name} was removed while it was being set up");

    private static void ThrowIfDeclared(string name, DeviceSpec spec)
    {
        if (spec.Addresses.Count > 0 || spec.Routes.Count > 0)
        {
            throw new EngineException(EngineError.KernelRefused, $"interface {name} was handed over from another network namespace, where its "
                + "addresses and routes are its agent's to set: leave them out here");
        }
    }

    private static void ThrowIfInvalidName(string name)
    {
        // The kernel would expand '%d' into a free number, and a name that is cut off would be somebody else's.
        bool valid = name.Length > 0 && System.Text.Encoding.UTF8.GetByteCount(name) <= Libc.MaxInterfaceName
            && name is not ("." or "..") && !name.Any(c => c is '/' or ':' or '%' || char.IsWhiteSpace(c) || char.IsControl(c));
        if (!valid)
        {
            throw new ArgumentException(
                $"'{name}' is not an interface name: 1 to {Libc.MaxInterfaceName} bytes without / : % or space", nameof(name));
        }
    }

    private static void ThrowIfBusy(LinkInfo existing)
    {
        if (existing.Tun is not { IsTun: true } tun)
        {
            string kind = existing.Tun is not null ? "tap" : existing.Kind.Length > 0 ? existing.Kind : "not virtual";
            throw new EngineException(
                EngineError.InterfaceBusy, $"interface {existing.Name} exists and is not a TUN (it is {kind}): choose another name");
        }

        // Sharing would split the packets between two programs, and our flags would change the other's framing under it.
        if (tun.Queues > 0)
        {
            throw new EngineException(
                EngineError.InterfaceBusy,
                $"interface {existing.Name} is in use: another process holds {tun.Queues} of its queues; "
                + "end that process or choose another name");
        }
    }

    private static DeviceStatus Describe(LinkInfo link, TunQueues queues, bool adopted)
    {
        List<string> offloads = [];
        if (queues.VnetHeader)
        {
            offloads.Add("vnet-header");
        }

        foreach ((TunOffloads bit, string name) in (ReadOnlySpan<(TunOffloads, string)>)
        [
            (TunOffloads.Checksum, "checksum"), (TunOffloads.Tso4, "tso4"), (TunOffloads.Tso6, "tso6"),
            (TunOffloads.TsoEcn, "tso-ecn"), (TunOffloads.Uso4, "uso4"), (TunOffloads.Uso6, "uso6"),
        ])
        {
            if (queues.Offloads.HasFlag(bit))
            {
                offloads.Add(name);
            }
        }

        return new DeviceStatus
        {
            InterfaceName = link.Name,
            InterfaceIndex = link.Index,
            Mtu = link.Mtu,
            Queues = queues.Queues.Count,
            Adopted = adopted,
            Offloads = offloads,
            Warnings = [.. queues.Warnings],
        };
    }

    private static void Report(DeviceStatus status, ILogger logger)
    {
        DeviceLog.Opened(logger, status.InterfaceName, status.Queues, status.Mtu, status.Adopted, string.Join(',', status.Offloads));
        foreach (string warning in status.Warnings)
        {
            DeviceLog.Degraded(logger, status.InterfaceName, warning);
        }
    }
}
