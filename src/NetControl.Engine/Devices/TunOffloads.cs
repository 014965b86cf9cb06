using NetControl.Engine.Interop.Linux;

namespace NetControl.Engine.Devices;

/// <summary>What the kernel may leave to us on the way out of a TUN: the TUN_F_* bits (linux/if_tun.h).</summary>
[Flags]
internal enum TunOffloads : uint
{
    None = 0,
    Checksum = Libc.TUN_F_CSUM,
    Tso4 = Libc.TUN_F_TSO4,
    Tso6 = Libc.TUN_F_TSO6,
    TsoEcn = Libc.TUN_F_TSO_ECN,
    Uso4 = Libc.TUN_F_USO4,
    Uso6 = Libc.TUN_F_USO6,
    Tso = Tso4 | Tso6 | TsoEcn,
    Uso = Uso4 | Uso6,
}
