using NetControl.Engine.Interop.Linux;
using NetControl.Network;

namespace NetControl.Testing.Links;

/// <summary>Carries packets between a real TUN in a namespace and any <see cref="IIPDevice"/>: Linux becomes the device's client.</summary>
/// <remarks>
/// One queue, no packet information, no offload: what Linux sends arrives as whole packets with all checksums. Two threads, one for each
/// direction. Lifetime: owns the interface, not the device, which is to be closed first: that is what ends the thread that reads it.
/// </remarks>
public sealed class TunBridge : IDisposable
{
    private readonly NetNamespace _space;
    private readonly string _name;
    private readonly SafeFd _tun;
    private readonly IIPDevice _device;
    private readonly Thread _toDevice;
    private readonly Thread _toTun;

    /// <summary>Makes the interface, with addresses and routes such as <c>10.77.0.1/24</c>, and begins to carry.</summary>
    public TunBridge(NetNamespace space, string name, IIPDevice device, IEnumerable<string> addresses, IEnumerable<string> routes)
    {
        (_space, _name, _device) = (space, name, device);
        _tun = space.Run(() => Open(name));
        space.Ip("link", "set", name, "mtu", device.Mtu.ToString(System.Globalization.CultureInfo.InvariantCulture), "up");
        foreach (string address in addresses)
        {
            space.Ip(["addr", "add", address, "dev", name, .. address.Contains(':', StringComparison.Ordinal) ? ["nodad"] : Array.Empty<string>()]);
        }

        foreach (string route in routes)
        {
            space.Ip("route", "add", route, "dev", name);
        }

        _toDevice = new Thread(CarryToDevice) { IsBackground = true, Name = $"{name}-up" };
        _toTun = new Thread(CarryToTun) { IsBackground = true, Name = $"{name}-down" };
        _toDevice.Start();
        _toTun.Start();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _space.Ip("link", "delete", _name); // a read that waits returns
        _toDevice.Join();
        _toTun.Join();
        _tun.Dispose();
    }

    private static SafeFd Open(string name)
    {
        SafeFd tun = new(Libc.Open("/dev/net/tun", Libc.O_RDWR | Libc.O_CLOEXEC));
        return !tun.IsInvalid && Libc.TunSetInterface(tun.Value, name, Libc.IFF_TUN | Libc.IFF_NO_PI) == 0
            ? tun
            : throw new InvalidOperationException($"tun {name}: {Libc.Describe(Libc.LastErrno)}");
    }

    private void CarryToDevice()
    {
        byte[] buffer = new byte[ushort.MaxValue];
        try
        {
            while (true)
            {
                nint length = Libc.Read(_tun.Value, buffer);
                if (length > 0)
                {
                    _device.Write(buffer.AsSpan(0, (int)length));
                }
                else if (Libc.LastErrno != Errno.EINTR)
                {
                    return;
                }
            }
        }
        catch (NetworkException)
        {
            // The device is closed.
        }
    }

    // What Linux refuses, a damaged packet for one, it drops; so does this.
    private void CarryToTun()
    {
        byte[] buffer = new byte[ushort.MaxValue];
        for (int length = _device.Read(buffer); length > 0; length = _device.Read(buffer))
        {
            Libc.Write(_tun.Value, buffer.AsSpan(0, length));
        }
    }
}
