using System.Net;
using NetControl.Network;

namespace NetControl.Engine.Tests;

/// <summary>Stands between the stack and the loopback interface: 198.18.x.y means 127.x.y, fd99:: means ::1, the port stays.</summary>
internal sealed class LoopbackDialer(IStreamDialer inner) : IStreamDialer
{
    public ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default) =>
        inner.DialAsync(Inside(destination.Address), cancellationToken);

    /// <summary>Where a destination on the device's side really is.</summary>
    public static AddrPort Inside(AddrPort outside) => outside.IsV4
        ? new AddrPort(IpAddr.FromV4(0x7F00_0000 | (outside.Address.V4 & 0xFFFF)), outside.Port)
        : new AddrPort(IpAddr.Parse("::1"), outside.Port);

    /// <summary>How the device's side calls a loopback address.</summary>
    public static AddrPort Outside(AddrPort inside) => inside.IsV4
        ? new AddrPort(IpAddr.FromV4(0xC612_0000 | (inside.Address.V4 & 0xFFFF)), inside.Port)
        : new AddrPort(IpAddr.Parse("fd99::1"), inside.Port);

    /// <summary>How the device's side calls a loopback address.</summary>
    public static AddrPort Outside(EndPoint inside) => Outside(AddrPort.From((IPEndPoint)inside));
}
