using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using NetControl.Stack.Tcp;

namespace NetControl.Stack.Wire;

/// <summary>The options of a TCP header that the stack speaks, as values: MSS, window scale, SACK and timestamps.</summary>
/// <remarks>
/// The value of <c>default</c> has no option. Which options count in which segment (MSS, window scale and SACK-permitted only with SYN) is
/// the machine's business, not the parser's.
/// </remarks>
public struct TcpOptions
{
    /// <summary>The most option bytes a header can hold.</summary>
    public const int MaxLength = 40;

    /// <summary>The most SACK blocks a header can hold.</summary>
    public const int MaxSackBlocks = 4;

    private const byte EndKind = 0;
    private const byte NopKind = 1;
    private const byte MssKind = 2;
    private const byte WindowScaleKind = 3;
    private const byte SackPermittedKind = 4;
    private const byte SackKind = 5;
    private const byte TimestampsKind = 8;
    private const int TimestampsBytes = 12;
    private const uint NopNopTimestamps = 0x0101_080A;
    private const uint SackPermittedTimestamps = 0x0402_080A;
    private const uint NopNopSackPermitted = 0x0101_0402;
    private const byte MaxWindowScale = 14;

    // One more than the shift, so that the default value means "absent".
    private byte _windowScalePlusOne;
    private byte _sackCount;
    private SackEdges _sackEdges;

    /// <summary>Maximum segment size; 0 when absent.</summary>
    public ushort Mss;

    /// <summary>Whether the sender understands SACK.</summary>
    public bool SackPermitted;

    /// <summary>Whether <see cref="TsVal"/> and <see cref="TsEcr"/> are there.</summary>
    public bool HasTimestamps;

    /// <summary>The sender's timestamp.</summary>
    public uint TsVal;

    /// <summary>The timestamp that the sender echoes.</summary>
    public uint TsEcr;

    /// <summary>The window shift, 0 to 14; -1 when absent.</summary>
    public int WindowScale
    {
        readonly get => _windowScalePlusOne - 1;
        set
        {
            Debug.Assert(value is >= -1 and <= MaxWindowScale, "RFC 7323 section 2.3 allows at most 14");
            _windowScalePlusOne = (byte)(value + 1);
        }
    }

    /// <summary>The number of SACK blocks, 0 to 4.</summary>
    public readonly int SackCount => _sackCount;

    /// <summary>The bytes that <see cref="Write"/> will write: a multiple of four, at most 40.</summary>
    public readonly int Length
    {
        get
        {
            int length = (Mss != 0 ? 4 : 0) + (_windowScalePlusOne != 0 ? 4 : 0);
            length += HasTimestamps ? TimestampsBytes : SackPermitted ? 4 : 0;
            int blocks = SackBlocksThatFit(length);
            return blocks == 0 ? length : length + 4 + (blocks * 8);
        }
    }

    /// <summary>One SACK block: the bytes from <c>Left</c> up to and not including <c>Right</c>.</summary>
    public readonly (SequenceNumber Left, SequenceNumber Right) GetSack(int index)
    {
        Debug.Assert((uint)index < _sackCount, "there is no such block");
        return (new SequenceNumber(_sackEdges[index * 2]), new SequenceNumber(_sackEdges[(index * 2) + 1]));
    }

    /// <summary>Adds a SACK block behind the others; says no when there are four already.</summary>
    public bool TryAddSack(SequenceNumber left, SequenceNumber right)
    {
        if (_sackCount == MaxSackBlocks)
        {
            return false;
        }

        _sackEdges[_sackCount * 2] = left.Value;
        _sackEdges[(_sackCount * 2) + 1] = right.Value;
        _sackCount++;
        return true;
    }

    /// <summary>Reads the options of a header; unknown ones are skipped, a senseless length ends it (RFC 9293 section 3.1).</summary>
    public static void Parse(ReadOnlySpan<byte> options, out TcpOptions result)
    {
        result = default;

        // Nearly every segment of an established connection looks like this (RFC 7323 appendix A).
        if (options.Length == TimestampsBytes && BinaryPrimitives.ReadUInt32BigEndian(options) == NopNopTimestamps)
        {
            result.ReadTimestamps(options[4..]);
            return;
        }

        while (!options.IsEmpty)
        {
            byte kind = options[0];
            if (kind == EndKind)
            {
                return;
            }

            if (kind == NopKind)
            {
                options = options[1..];
                continue;
            }

            if (options.Length < 2 || options[1] < 2 || options[1] > options.Length)
            {
                return;
            }

            int length = options[1];
            result.ReadOne(kind, options[2..length]);
            options = options[length..];
        }
    }

    /// <summary>Writes the options in the customary order, aligned with NOPs, and returns <see cref="Length"/>.</summary>
    /// <remarks>SACK blocks that no longer fit behind the other options are left out, the last ones first.</remarks>
    public readonly int Write(Span<byte> destination)
    {
        int at = 0;
        if (Mss != 0)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, 0x0204_0000 | (uint)Mss);
            at = 4;
        }

        if (HasTimestamps)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination[at..], SackPermitted ? SackPermittedTimestamps : NopNopTimestamps);
            BinaryPrimitives.WriteUInt32BigEndian(destination[(at + 4)..], TsVal);
            BinaryPrimitives.WriteUInt32BigEndian(destination[(at + 8)..], TsEcr);
            at += TimestampsBytes;
        }
        else if (SackPermitted)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination[at..], NopNopSackPermitted);
            at += 4;
        }

        if (_windowScalePlusOne != 0)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination[at..], 0x0103_0300 | (uint)WindowScale);
            at += 4;
        }

        int blocks = SackBlocksThatFit(at);
        if (blocks > 0)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination[at..], 0x0101_0500 | (uint)(2 + (blocks * 8)));
            at += 4;
            for (int i = 0; i < blocks * 2; i++, at += 4)
            {
                BinaryPrimitives.WriteUInt32BigEndian(destination[at..], _sackEdges[i]);
            }
        }

        return at;
    }

    private readonly int SackBlocksThatFit(int otherBytes) => Math.Min(_sackCount, (MaxLength - otherBytes - 4) / 8);

    // A known kind of the wrong length is skipped like an unknown one.
    private void ReadOne(byte kind, ReadOnlySpan<byte> value)
    {
        switch (kind)
        {
            case MssKind when value.Length == 2:
                Mss = BinaryPrimitives.ReadUInt16BigEndian(value);
                break;
            case WindowScaleKind when value.Length == 1:
                // RFC 7323 section 2.3: a greater shift is used as 14.
                WindowScale = Math.Min(value[0], MaxWindowScale);
                break;
            case SackPermittedKind when value.Length == 0:
                SackPermitted = true;
                break;
            case SackKind when value.Length % 8 == 0:
                ReadSack(value);
                break;
            case TimestampsKind when value.Length == 8:
                ReadTimestamps(value);
                break;
        }
    }

    private void ReadSack(ReadOnlySpan<byte> value)
    {
        _sackCount = 0;
        while (value.Length >= 8)
        {
            SequenceNumber left = new(BinaryPrimitives.ReadUInt32BigEndian(value));
            if (!TryAddSack(left, new SequenceNumber(BinaryPrimitives.ReadUInt32BigEndian(value[4..]))))
            {
                return;
            }

            value = value[8..];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ReadTimestamps(ReadOnlySpan<byte> value)
    {
        HasTimestamps = true;
        ulong both = BinaryPrimitives.ReadUInt64BigEndian(value);
        TsVal = (uint)(both >> 32);
        TsEcr = (uint)both;
    }

    [InlineArray(MaxSackBlocks * 2)]
    private struct SackEdges
    {
        private uint _first;
    }
}
