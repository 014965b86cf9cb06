using NetControl.Engine.Interop.Linux;
using NetControl.Engine.Netlink;

namespace NetControl.Engine.Devices;

/// <summary>What descriptors that somebody handed over are attached to, as the kernel tells.</summary>
/// <param name="Name">The interface's name, in its own network namespace.</param>
/// <param name="Flags">Its flags (IFF_*).</param>
internal sealed record HandedOver(string Name, short Flags)
{
    public bool VnetHeader => (Flags & Libc.IFF_VNET_HDR) != 0;

    public bool MultiQueue => (Flags & Libc.IFF_MULTI_QUEUE) != 0;

    /// <summary>Looks at the descriptors, and makes them fit for a loop.</summary>
    /// <exception cref="EngineException">They are not what a device can use; the message says how to make them.</exception>
    public static HandedOver Inspect(IReadOnlyList<SafeFd> descriptors, string wanted)
    {
        HandedOver? first = null;
        foreach (SafeFd descriptor in descriptors)
        {
            if (Libc.TunGetInterface(descriptor.Value, out short flags, out string name) != 0)
            {
                throw Unusable("it is not attached to a TUN interface: open /dev/net/tun and call TUNSETIFF before it is sent");
            }

            if ((flags & (Libc.IFF_TUN | Libc.IFF_TAP)) != Libc.IFF_TUN)
            {
                throw Unusable($"{name} is a TAP: make a TUN (IFF_TUN)");
            }

            if ((flags & Libc.IFF_DETACH_QUEUE) != 0)
            {
                throw Unusable($"its queue of {name} is switched off: call TUNSETQUEUE with IFF_ATTACH_QUEUE");
            }

            first ??= new HandedOver(name, flags);
            if (first.Name != name)
            {
                throw Unusable($"it belongs to {name}, and another to {first.Name}: send the queues of one interface");
            }

            if (Libc.SetNonBlocking(descriptor.Value) != 0)
            {
                throw Unusable($"it cannot be made non-blocking: {Libc.Describe(Libc.LastErrno)}");
            }
        }

        return wanted.Length == 0 || first!.Name == wanted ? first!
            : throw Unusable($"it belongs to {first.Name}, and the device names {wanted}: leave the interface out, or send the right one");
    }

    /// <summary>The interface as this network namespace knows it; null when it lives in another one.</summary>
    /// <exception cref="EngineException">It is of no use.</exception>
    public LinkInfo? Find(RtNetlink netlink, SafeFd descriptor)
    {
        using SafeFd space = new(Libc.TunGetNetNamespace(descriptor.Value));
        if (!space.IsInvalid && new FileInfo($"/proc/self/fd/{space.Value}").LinkTarget != PolicyRules.CurrentNamespace())
        {
            return null;
        }

        // Without the capability to ask: one of the same name and kind here, in use, is ours as far as anybody can tell. With
        // the capability to change something it is known.
        if (netlink.GetLink(Name) is not { Tun: { IsTun: true } tun } link || tun.MultiQueue != MultiQueue || tun.VnetHeader != VnetHeader
            || (MultiQueue && tun.Queues == 0))
        {
            return null;
        }

        // The kernel's TUNGETIFF does not tell: IFF_NO_PI is the same bit as IFF_NOFILTER, which is set on every socket without a filter. Of
        // another namespace's interface it cannot be known.
        return tun.PacketInfo ? throw Unusable($"{Name} puts packet information before every packet: attach with IFF_NO_PI") : link;
    }

    private static EngineException Unusable(string why) => new(EngineError.InterfaceBusy, $"a descriptor that was handed over is of no use: {why}");
}
