using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using NetControl.Network;

namespace NetControl.Stack.Wire;

/// <summary>What tells one flow from another: protocol, source and destination as a packet read from the device has them.</summary>
public readonly struct FlowKey : IEquatable<FlowKey>
{
    private static ulong s_first;
    private static ulong s_second;

    private readonly IpAddr _source;
    private readonly IpAddr _destination;

    // source port << 32 | destination port << 16 | protocol
    private readonly ulong _rest;

    /// <summary>Makes a key from its parts.</summary>
    public FlowKey(byte protocol, AddrPort source, AddrPort destination)
        : this(protocol, source.Address, source.Port, destination.Address, destination.Port)
    {
    }

    /// <summary>Makes a key from its parts.</summary>
    public FlowKey(byte protocol, IpAddr source, ushort sourcePort, IpAddr destination, ushort destinationPort)
    {
        _source = source;
        _destination = destination;
        _rest = ((ulong)sourcePort << 32) | ((ulong)destinationPort << 16) | protocol;
    }

    /// <summary>Sets the secret that hash codes depend on, so that nobody outside can choose keys that collide.</summary>
    /// <remarks>Set once, from a random source, before the first key is hashed: tables filled earlier would lose their keys.</remarks>
    [SuppressMessage("Design", "CA1044:Properties should not be write only", Justification = "a secret")]
    public static ulong Seed
    {
        set
        {
            s_first = Mix(value ^ 0x9E37_79B9_7F4A_7C15, 0xD6E8_FEB8_6659_FD93);
            s_second = Mix(value ^ 0xA076_1D64_78BD_642F, 0xE703_7ED1_A0B4_28DB);
        }
    }

    /// <summary>The transport's protocol number.</summary>
    public byte Protocol => (byte)_rest;

    /// <summary>The side that sent the packet: the client.</summary>
    public AddrPort Source => new(_source, (ushort)(_rest >> 32));

    /// <summary>The side that the packet is for: the remote.</summary>
    public AddrPort Destination => new(_destination, (ushort)(_rest >> 16));

    /// <summary>The key of packets in the other direction.</summary>
    public FlowKey Reversed => new(Protocol, Destination, Source);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Equals(FlowKey other) => _rest == other._rest && _source == other._source && _destination == other._destination;

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is FlowKey other && Equals(other);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public override int GetHashCode()
    {
        // Two independent multiplications and a third that joins them: about the time of one table probe.
        ulong source = Mix(_source.High ^ s_first ^ 0x2D35_8DCC_AA6C_78A5, _source.Low ^ s_second);
        ulong destination = Mix(_destination.High ^ s_second ^ 0x8BB8_4B93_962E_ACC9, _destination.Low ^ s_first);
        ulong all = Mix(source ^ _rest, destination ^ 0x4B33_A62E_D433_D4A3);
        return (int)(all ^ (all >> 32));
    }

    /// <summary>Equality of all five parts.</summary>
    public static bool operator ==(FlowKey left, FlowKey right) => left.Equals(right);

    /// <summary>Inequality of any part.</summary>
    public static bool operator !=(FlowKey left, FlowKey right) => !left.Equals(right);

    /// <summary><c>10.77.0.1:4000 > 198.18.0.1:80/6</c>.</summary>
    public override string ToString() => $"{Source} > {Destination}/{Protocol}";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong a, ulong b)
    {
        ulong high = Math.BigMul(a, b, out ulong low);
        return high ^ low;
    }
}
