using System.Runtime.InteropServices;

namespace NetControl.Engine.Captures;

/// <summary>What precedes each packet's bytes in a <see cref="CaptureRing"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CaptureRecord
{
    /// <summary>The size of this structure, a multiple of eight like every record.</summary>
    public const int Size = 40;

    /// <summary>When, in ticks of <see cref="System.Diagnostics.Stopwatch"/>.</summary>
    public long Timestamp;

    /// <summary>The session that it belongs to, or 0.</summary>
    public ulong Session;

    /// <summary>The whole record's length, a multiple of eight.</summary>
    public int Length;

    /// <summary>How many of the packet's bytes follow.</summary>
    public int Captured;

    /// <summary>How many bytes the packet has.</summary>
    public int Original;

    /// <summary>How many packets were lost since the record before.</summary>
    public uint LostBefore;

    /// <summary>Why the packet was dropped, if it was.</summary>
    public DropReason Reason;

    /// <summary>Whether it goes to the application.</summary>
    public bool ToApplication;

    /// <summary>Whether the record is to be passed over: the filler at the ring's end, or a packet that turned out not to be wanted.</summary>
    public bool Void;
}
