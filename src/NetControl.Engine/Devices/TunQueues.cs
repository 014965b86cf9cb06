using NetControl.Engine.Interop.Linux;
using NetControl.Engine.Netlink;

namespace NetControl.Engine.Devices;

/// <summary>The descriptors of one TUN interface: opened, attached, with the best offloads that the kernel has.</summary>
/// <remarks>Owner: the opening thread, then the device. Lifetime: <see cref="Close"/> detaches; an interface made here vanishes with its
/// last descriptor.</remarks>
internal sealed class TunQueues
{
    private static readonly TunOffloads[] s_wishes =
    [
        TunOffloads.Checksum | TunOffloads.Tso | TunOffloads.Uso,
        TunOffloads.Checksum | TunOffloads.Tso,
        TunOffloads.Checksum,
        TunOffloads.None,
    ];

    private readonly string _name;
    private readonly string _devicePath;
    private readonly List<SafeFd> _queues = [];
    private readonly List<string> _warnings = [];
    private readonly LinkInfo? _existing;
    private const short HeaderFlags = (short)(Libc.IFF_NO_PI | Libc.IFF_VNET_HDR);
    private static readonly TimeSpan s_giveBackPatience = TimeSpan.FromSeconds(2);
    private SafeFd? _spare;
    private bool _handedOver;
    private bool _offload = true;
    private int _foundHeaderSize = VirtioNetHeader.Size;

    private TunQueues(string name, string devicePath, LinkInfo? existing)
    {
        _name = name;
        _devicePath = devicePath;
        _existing = existing;
    }

    /// <summary>The descriptors, non-blocking.</summary>
    public IReadOnlyList<SafeFd> Queues => _queues;

    /// <summary>Whether every packet is preceded by a <see cref="VirtioNetHeader"/>.</summary>
    public bool VnetHeader { get; private set; }

    /// <summary>The offloads in force.</summary>
    public TunOffloads Offloads { get; private set; }

    /// <summary>What the kernel lacks, in words.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Makes the interface, or attaches to <paramref name="existing"/>.</summary>
    /// <exception cref="EngineException">The kernel said no; nothing is left open.</exception>
    public static TunQueues Open(string name, string devicePath, LinkInfo? existing, int queues, bool offload)
    {
        TunQueues result = new(name, devicePath, existing);
        try
        {
            result.AttachAll(queues, offload);
            result.SetOffloads();
            return result;
        }
        catch
        {
            result.Close();
            throw;
        }
    }

    /// <summary>Takes over descriptors that are attached already, and owns them from now on.</summary>
    /// <param name="found">What they are attached to.</param>
    /// <param name="descriptors">At least one; those beyond <paramref name="most"/> are closed.</param>
    /// <param name="most">The most queues of use.</param>
    /// <param name="offload">Whether to take segments and leave checksums out, where the interface has a vnet header.</param>
    /// <exception cref="EngineException">The kernel said no; nothing is left open.</exception>
    public static TunQueues TakeOver(HandedOver found, IReadOnlyList<SafeFd> descriptors, int most, bool offload)
    {
        TunQueues result = new(found.Name, "", null) { VnetHeader = found.VnetHeader, _handedOver = true, _offload = offload };
        result._queues.AddRange(descriptors.Take(most));
        foreach (SafeFd surplus in descriptors.Skip(most))
        {
            surplus.Dispose();
        }

        if (descriptors.Count > most)
        {
            result._warnings.Add($"{descriptors.Count} descriptors were handed over, of which {most} are used: the others are closed, and what "
                + "the kernel puts into queues that only their sender still holds is lost");
        }

        if (offload && !found.VnetHeader)
        {
            result._warnings.Add("the interface has no vnet header, so no offload: attach with IFF_VNET_HDR");
        }

        try
        {
            result.SetOffloads();
            return result;
        }
        catch
        {
            result.Close();
            throw;
        }
    }

    /// <summary>Detaches all queues. An interface that was there before gets back its header flags, and its offloads are off.</summary>
    public void Close()
    {
        if (_handedOver && _queues.Count > 0)
        {
            // Their sender may hold them still, or hand them to somebody else who knows nothing of segments.
            _ = Libc.TunSetOffload(_queues[0].Value, 0);
            _ = VnetHeader ? Libc.TunSetVnetHeaderSize(_queues[0].Value, _foundHeaderSize) : 0;
        }

        // A single-queue interface has room for one descriptor: ours must go before the spare can put the flags back.
        foreach (SafeFd queue in _queues)
        {
            queue.Dispose();
        }

        if (_spare is { } spare && _queues.Count > 0 && _existing?.Tun is { } found)
        {
            // A queue may outlive our closing it by a moment: a process that forked meanwhile holds every descriptor until it execs. The
            // kernel then refuses the spare (single queue) or leaves the flags alone (multi-queue), so it is tried until they are back.
            SpinWait.SpinUntil(() => TryGiveBack(ref spare, found), s_giveBackPatience);
            _spare = spare;
        }

        _queues.Clear();
        _spare?.Dispose();
        _spare = null;
    }

    private static short FoundFlags(TunLinkInfo found) => (short)(Libc.IFF_TUN
        | (found.PacketInfo ? 0 : Libc.IFF_NO_PI)
        | (found.VnetHeader ? Libc.IFF_VNET_HDR : 0)
        | (found.MultiQueue ? Libc.IFF_MULTI_QUEUE : 0));

    private bool TryGiveBack(ref SafeFd spare, TunLinkInfo found)
    {
        short flags = FoundFlags(found);
        bool attached = Libc.TunSetInterface(spare.Value, _name, flags) == 0;
        if (attached && Libc.TunGetInterface(spare.Value, out short now, out _) == 0 && ((now ^ flags) & HeaderFlags) == 0)
        {
            // The kernel keeps offloads over a detach, and a next user without vnet headers would be handed 64 KiB segments.
            _ = Libc.TunSetOffload(spare.Value, 0);
            _ = Libc.TunSetVnetHeaderSize(spare.Value, _foundHeaderSize);
            return true;
        }

        if (!attached && Libc.LastErrno is not (Errno.EBUSY or Errno.E2BIG))
        {
            return true; // the interface is gone, or is not ours to change any more
        }

        if (attached)
        {
            // An attached descriptor cannot attach again: the next attempt needs a new one.
            spare.Dispose();
            spare = OpenDevice();
        }

        return false;
    }

    private void AttachAll(int wanted, bool offload)
    {
        SafeFd first = OpenDevice();
        _ = Libc.TunGetFeatures(first.Value, out uint features);
        bool multi = _existing?.Tun is { } found ? found.MultiQueue : (features & Libc.IFF_MULTI_QUEUE) != 0;
        VnetHeader = offload && (features & Libc.IFF_VNET_HDR) != 0;
        if (offload && !VnetHeader)
        {
            _warnings.Add("the kernel's TUN driver has no vnet header: no offload, every packet travels alone");
        }

        if (!multi && wanted > 1)
        {
            _warnings.Add(_existing is null
                ? "the kernel's TUN driver has no multi-queue: one queue, so one loop carries the device"
                : $"{_name} is a single-queue interface: one loop carries the device ('ip tuntap add ... multi_queue' makes one for more)");
            wanted = 1;
        }

        short flags = (short)(Libc.IFF_TUN | Libc.IFF_NO_PI | (VnetHeader ? Libc.IFF_VNET_HDR : 0) | (multi ? Libc.IFF_MULTI_QUEUE : 0));
        if (_existing is not null)
        {
            _spare = OpenDevice();
        }

        // Exclusive: an interface that another made in the meantime must not be taken for ours.
        Attach(first, _existing is null ? (short)(flags | Libc.IFF_TUN_EXCL) : flags);
        while (_queues.Count < wanted)
        {
            SafeFd next = OpenDevice();
            if (Libc.TunSetInterface(next.Value, _name, flags) != 0)
            {
                _warnings.Add($"{_queues.Count} of {wanted} queues: {Libc.Describe(Libc.LastErrno)}");
                next.Dispose();
                break;
            }

            _queues.Add(next);
        }
    }

    private SafeFd OpenDevice()
    {
        SafeFd fd = new(Libc.Open(_devicePath, Libc.O_RDWR | Libc.O_NONBLOCK | Libc.O_CLOEXEC));
        return fd.IsInvalid ? throw OpenFailure(Libc.LastErrno) : fd;
    }

    private void Attach(SafeFd fd, short flags)
    {
        if (Libc.TunSetInterface(fd.Value, _name, flags) == 0)
        {
            _queues.Add(fd);
            return;
        }

        Errno errno = Libc.LastErrno;
        fd.Dispose();
        throw AttachFailure(errno);
    }

    private EngineException OpenFailure(Errno errno) => errno switch
    {
        Errno.ENOENT or Errno.ENODEV or Errno.ENXIO => new EngineException(
            EngineError.TunDeviceMissing,
            $"{_devicePath} is not there ({Libc.Describe(errno)}): "
            + "load the 'tun' module, or hand the device into the container (--device /dev/net/tun)"),
        Errno.EACCES or Errno.EPERM => new EngineException(
            EngineError.TunDeviceDenied,
            $"{_devicePath} may not be opened ({Libc.Describe(errno)}): "
            + "run as a user who may, or allow the device in the container (--device /dev/net/tun)"),
        _ => new EngineException(EngineError.Other, $"{_devicePath} could not be opened: {Libc.Describe(errno)}"),
    };

    private EngineException AttachFailure(Errno errno)
    {
        string text = Libc.Describe(errno);
        return errno switch
        {
            Errno.EPERM when _existing?.Tun?.Owner is { } owner => new EngineException(
                EngineError.InterfaceBusy,
                $"interface {_name} belongs to user {owner} ({text}): run as that user, or with CAP_NET_ADMIN"),
            Errno.EPERM => new EngineException(
                EngineError.MissingCapability,
                $"interface {_name} needs the capability CAP_NET_ADMIN ({text}): grant it, or make the interface beforehand with "
                + $"'ip tuntap add dev {_name} mode tun user UID'"),
            Errno.EBUSY or Errno.EINVAL => new EngineException(
                EngineError.InterfaceBusy,
                $"interface {_name} cannot be attached to ({text}): "
                + "it is not a TUN, or another process holds its queue; choose another name or end that process"),
            _ => new EngineException(EngineError.KernelRefused, $"interface {_name} could not be opened as a TUN: {text}"),
        };
    }

    private void SetOffloads()
    {
        if (!VnetHeader)
        {
            // What a former user of a persistent interface left on would reach us as segments without a header.
            _ = Libc.TunSetOffload(_queues[0].Value, 0);
            return;
        }

        int fd = _queues[0].Value;
        if (_existing is not null || _handedOver)
        {
            _ = Libc.TunGetVnetHeaderSize(fd, out _foundHeaderSize);
        }

        if (Libc.TunSetVnetHeaderSize(fd, VirtioNetHeader.Size) != 0)
        {
            throw new EngineException(
                EngineError.KernelRefused, $"interface {_name}: the vnet header's size could not be set: {Libc.Describe(Libc.LastErrno)}");
        }

        TunOffloads[] wishes = _offload ? s_wishes : [TunOffloads.None];
        Offloads = Array.Find(wishes, wish => Libc.TunSetOffload(fd, (uint)wish) == 0);
        TunOffloads missing = wishes[0] & ~Offloads;
        if (missing != TunOffloads.None)
        {
            _warnings.Add($"the kernel's TUN driver has not all offloads: without {missing}");
        }
    }
}
