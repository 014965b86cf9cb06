using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;

namespace NetControl.Testing.Tcp;

/// <summary>A segment under way on a the link of a <see cref="TcpSimulation"/>: everything by value, payload copied.</summary>
public sealed class WireSegment
{
    /// <summary>SEG.SEQ.</summary>
    public SequenceNumber Seq { get; set; }

    /// <summary>SEG.ACK.</summary>
    public SequenceNumber Ack { get; set; }

    /// <summary>The control bits.</summary>
    public TcpFlags Flags { get; set; }

    /// <summary>The window field.</summary>
    public ushort Window { get; set; }

    /// <summary>The options.</summary>
    public TcpOptions Options;

    /// <summary>Room for the payload.</summary>
    public byte[] Payload { get; } = new byte[2048];

    /// <summary>The payload's length.</summary>
    public int Length { get; set; }

    /// <summary>How many events of the link still hold the segment.</summary>
    public int Holders { get; set; }

    /// <summary>The bytes that the segment takes on the wire.</summary>
    public int WireLength => 40 + Options.Length + Length;
}
