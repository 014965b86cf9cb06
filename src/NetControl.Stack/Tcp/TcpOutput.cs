using NetControl.Stack.Wire;

namespace NetControl.Stack.Tcp;

/// <summary>A segment to be sent. The payload is named, not copied: it lies in the connection's send buffer until it is acknowledged.</summary>
public struct TcpOutput
{
    /// <summary>SEG.SEQ.</summary>
    public SequenceNumber Seq;

    /// <summary>SEG.ACK; meaningful with <see cref="TcpFlags.Ack"/>.</summary>
    public SequenceNumber Ack;

    /// <summary>The control bits.</summary>
    public TcpFlags Flags;

    /// <summary>The window field as it goes into the header.</summary>
    public ushort Window;

    /// <summary>The payload's offset in <see cref="TcpConnection.SendBuffer"/>.</summary>
    public long PayloadOffset;

    /// <summary>The payload's length; above <see cref="SegmentSize"/> the segment is a super-segment that the device splits.</summary>
    public int PayloadLength;

    /// <summary>The payload bytes of each segment on the wire: the device's GSO size.</summary>
    public int SegmentSize;

    /// <summary>The options.</summary>
    public TcpOptions Options;
}
