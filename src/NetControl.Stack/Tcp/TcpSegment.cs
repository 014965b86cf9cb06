using NetControl.Stack.Wire;

namespace NetControl.Stack.Tcp;

/// <summary>An arrived segment: header fields by value, options by reference, payload as a view that is valid during the call only.</summary>
public readonly ref struct TcpSegment
{
    private readonly ref readonly TcpOptions _options;

    /// <summary>Makes a segment.</summary>
    public TcpSegment(SequenceNumber seq, SequenceNumber ack, TcpFlags flags, ushort window, in TcpOptions options, ReadOnlySpan<byte> payload)
    {
        Seq = seq;
        Ack = ack;
        Flags = flags;
        Window = window;
        _options = ref options;
        Payload = payload;
    }

    /// <summary>SEG.SEQ.</summary>
    public SequenceNumber Seq { get; }

    /// <summary>SEG.ACK; meaningful with <see cref="TcpFlags.Ack"/>.</summary>
    public SequenceNumber Ack { get; }

    /// <summary>The control bits.</summary>
    public TcpFlags Flags { get; }

    /// <summary>The window field as it stands in the header, unscaled.</summary>
    public ushort Window { get; }

    /// <summary>The parsed options.</summary>
    public ref readonly TcpOptions Options => ref _options;

    /// <summary>The payload.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>Whether a control bit is set.</summary>
    public bool Has(TcpFlags flag) => (Flags & flag) != TcpFlags.None;

    /// <summary>SEG.LEN: payload, SYN and FIN.</summary>
    public int Length => Payload.Length + (Has(TcpFlags.Syn) ? 1 : 0) + (Has(TcpFlags.Fin) ? 1 : 0);
}
