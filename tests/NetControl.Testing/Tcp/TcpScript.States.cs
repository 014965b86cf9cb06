using NetControl.Stack.Storage;
using NetControl.Stack.Tcp;
using Xunit;

namespace NetControl.Testing.Tcp;

/// <content>A connection in each state, reached the ordinary way; nothing is left in <see cref="Sent"/> and <see cref="Events"/>.</content>
public sealed partial class TcpScript
{
    /// <summary>The SYN of scripts that name none: an MSS of 1000 keeps the arithmetic readable.</summary>
    public const string PlainSyn = "S 0 win 60000 mss 1000 wscale 0 sackok";

    /// <summary>A peer without SACK.</summary>
    public const string NoSackSyn = "S 0 win 60000 mss 1000 wscale 0";

    /// <summary>A SYN has arrived and is held.</summary>
    public static TcpScript SynHeld(
        string syn = PlainSyn, TcpParameters? parameters = null, uint ourIsn = 1000, uint peerIsn = 5_000_000, ChunkPool? pool = null) =>
        new TcpScript(parameters, ourIsn, peerIsn, pool).In(syn).Settled(TcpState.SynReceived);

    /// <summary>The SYN has been answered.</summary>
    public static TcpScript SynReceived(
        string syn = PlainSyn, TcpParameters? parameters = null, uint ourIsn = 1000, uint peerIsn = 5_000_000, ChunkPool? pool = null) =>
        SynHeld(syn, parameters, ourIsn, peerIsn, pool).Answer().Settled(TcpState.SynReceived);

    /// <summary>The handshake is complete.</summary>
    public static TcpScript Established(
        string syn = PlainSyn, TcpParameters? parameters = null, uint ourIsn = 1000, uint peerIsn = 5_000_000, ChunkPool? pool = null)
    {
        TcpScript script = SynReceived(syn, parameters, ourIsn, peerIsn, pool);
        string stamp = SegmentText.Parse(syn).Options is { HasTimestamps: true, TsVal: var value } ? $" ts {value} 1000" : "";
        return script.In("A 1 ack 1" + stamp).Settled(TcpState.Established);
    }

    /// <summary>An active open whose SYN is out.</summary>
    public static TcpScript SynSent(TcpParameters? parameters = null)
    {
        TcpScript script = new(parameters);
        script.Connection.Connect(script.OurIsn, 0, isV4: true, script.Now);
        return script.Flush().Settled(TcpState.SynSent);
    }

    /// <summary>We closed first; our FIN (1) is out.</summary>
    public static TcpScript FinWait1() => Established().Close().Settled(TcpState.FinWait1);

    /// <summary>Our FIN is acknowledged.</summary>
    public static TcpScript FinWait2() => FinWait1().In("A 1 ack 2").Settled(TcpState.FinWait2);

    /// <summary>The peer's FIN (1) has arrived.</summary>
    public static TcpScript CloseWait() => Established().In("FA 1 ack 1").Advance(25).Settled(TcpState.CloseWait);

    /// <summary>The FINs crossed.</summary>
    public static TcpScript Closing() => FinWait1().In("FA 1 ack 1").Settled(TcpState.Closing);

    /// <summary>The peer closed, then we; the last acknowledgement is awaited.</summary>
    public static TcpScript LastAck() => CloseWait().Close().Settled(TcpState.LastAck);

    /// <summary>Both are done, we closed first.</summary>
    public static TcpScript TimeWait() => FinWait2().In("FA 1 ack 2").Settled(TcpState.TimeWait);

    /// <summary>Forgets what was sent and told so far.</summary>
    public TcpScript Settled(TcpState expected)
    {
        Assert.Equal(expected, State);
        _sent.Clear();
        _events = TcpEvents.None;
        return this;
    }
}
