using NetControl.Network;

namespace NetControl.Engine.Policies;

/// <summary>A prefix as a mask and a value: one comparison tells whether an address lies in it.</summary>
internal readonly struct CompiledPrefix
{
    private readonly ulong _highMask;
    private readonly ulong _lowMask;
    private readonly ulong _high;
    private readonly ulong _low;

    public CompiledPrefix(IpPrefix prefix)
    {
        int bits = prefix.Address.IsV4 ? 96 + prefix.Length : prefix.Length;
        _highMask = Mask(Math.Min(bits, 64));
        _lowMask = Mask(Math.Max(bits - 64, 0));
        _high = prefix.Address.High & _highMask;
        _low = prefix.Address.Low & _lowMask;
        IsV4 = prefix.Address.IsV4;
    }

    private bool IsV4 { get; }

    public bool Contains(in IpAddr address) =>
        ((address.High ^ _high) & _highMask) == 0 && ((address.Low ^ _low) & _lowMask) == 0 && address.IsV4 == IsV4;

    private static ulong Mask(int bits) => bits == 0 ? 0 : ulong.MaxValue << (64 - bits);
}
