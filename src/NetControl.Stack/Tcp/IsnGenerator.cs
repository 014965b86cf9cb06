using System.Buffers.Binary;
using System.Numerics;
using NetControl.Network;

namespace NetControl.Stack.Tcp;

/// <summary>Initial sequence numbers by RFC 6528: a clock of 4 microseconds plus a keyed hash (SipHash-2-4) of the connection's addresses.</summary>
public sealed class IsnGenerator
{
    private readonly ulong _key0;
    private readonly ulong _key1;

    /// <summary>Makes a generator with a secret of at least sixteen random bytes.</summary>
    public IsnGenerator(ReadOnlySpan<byte> secret)
    {
        _key0 = BinaryPrimitives.ReadUInt64LittleEndian(secret);
        _key1 = BinaryPrimitives.ReadUInt64LittleEndian(secret[8..]);
    }

    /// <summary>The initial sequence number of a connection between two sockets at a time.</summary>
    public SequenceNumber Next(in AddrPort local, in AddrPort remote, Instant now) =>
        new((uint)(now.Micros >> 2) + (uint)Hash(local, remote));

    /// <summary>The keyed hash alone: also the per-connection offset of timestamps (RFC 7323 section 5.4).</summary>
    public ulong Hash(in AddrPort local, in AddrPort remote)
    {
        ulong v0 = _key0 ^ 0x736F6D6570736575;
        ulong v1 = _key1 ^ 0x646F72616E646F6D;
        ulong v2 = _key0 ^ 0x6C7967656E657261;
        ulong v3 = _key1 ^ 0x7465646279746573;
        Mix(ref v0, ref v1, ref v2, ref v3, local.Address.High);
        Mix(ref v0, ref v1, ref v2, ref v3, local.Address.Low);
        Mix(ref v0, ref v1, ref v2, ref v3, remote.Address.High);
        Mix(ref v0, ref v1, ref v2, ref v3, remote.Address.Low);
        Mix(ref v0, ref v1, ref v2, ref v3, ((ulong)local.Port << 16) | remote.Port | (36UL << 56));
        v2 ^= 0xFF;
        for (int i = 0; i < 4; i++)
        {
            Round(ref v0, ref v1, ref v2, ref v3);
        }

        return v0 ^ v1 ^ v2 ^ v3;
    }

    private static void Mix(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3, ulong word)
    {
        v3 ^= word;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= word;
    }

    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v3;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v2 = BitOperations.RotateLeft(v2, 32);
    }
}
