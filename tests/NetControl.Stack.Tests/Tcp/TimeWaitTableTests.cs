using NetControl.Network;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;
using NetControl.Testing.Tcp;

namespace NetControl.Stack.Tests.Tcp;

/// <summary>TIME-WAIT: RFC 9293 3.6.1 and 3.10.7.4, RFC 1337, RFC 6191.</summary>
public sealed class TimeWaitTableTests
{
    private const long Wait = 60_000_000;

    private static FlowKey Key(int port) =>
        new(6, new AddrPort(IpAddr.Parse("10.0.0.1"), (ushort)(1000 + port)), AddrPort.Parse("10.0.0.2:80"));

    [Fact]
    public void RetransmittedFin_IsAcknowledgedAndRestartsTheWait()
    {
        using TcpScript s = TcpScript.TimeWait();
        TimeWaitTable table = new(10, Wait);
        table.Add(Key(1), s.Connection, s.Now);
        Instant later = s.Now + (Wait - 1);
        Assert.Equal(TimeWaitVerdict.Acknowledge, On(table, 1, s.PeerIsn + 1, TcpFlags.Fin | TcpFlags.Ack, later, out TcpOutput answer));
        Assert.Equal(s.OurIsn + 2, answer.Seq);
        Assert.Equal(s.PeerIsn + 2, answer.Ack);
        Assert.Equal(TcpFlags.Ack, answer.Flags);
        Assert.Equal(s.Last.Window, answer.Window);
        table.Expire(s.Now + Wait);
        Assert.Equal(1, table.Count);
        table.Expire(later + Wait);
        Assert.Equal(0, table.Count);
        Assert.Equal(Instant.Never, table.NextDeadline);
    }

    [Fact]
    public void ManyRetransmittedFins_CostNoMemory()
    {
        using TcpScript s = TcpScript.TimeWait();
        TimeWaitTable table = new(10, Wait);
        table.Add(Key(1), s.Connection, s.Now);
        FlowKey key = Key(1);
        Retransmit(1); // the first look-up makes a comparer, whichever test comes first
        long before = GC.GetAllocatedBytesForCurrentThread();
        Retransmit(10_000);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Retransmit(int times)
        {
            for (int i = 0; i < times; i++)
            {
                TcpOptions options = default;
                TcpSegment fin = new(s.PeerIsn + 1, default, TcpFlags.Fin | TcpFlags.Ack, 1000, in options, default);
                table.OnSegment(key, fin, s.Now + i, out _);
            }
        }
    }

    [Fact]
    public void Reset_IsIgnored()
    {
        using TcpScript s = TcpScript.TimeWait();
        TimeWaitTable table = new(10, Wait);
        table.Add(Key(1), s.Connection, s.Now);
        Assert.Equal(TimeWaitVerdict.Drop, On(table, 1, s.PeerIsn + 2, TcpFlags.Rst, s.Now, out _));
        Assert.Equal(1, table.Count);
    }

    [Fact]
    public void NewSyn_WithAHigherNumber_StartsAnew()
    {
        using TcpScript s = TcpScript.TimeWait();
        TimeWaitTable table = new(10, Wait);
        table.Add(Key(1), s.Connection, s.Now);
        Assert.Equal(TimeWaitVerdict.Acknowledge, On(table, 1, s.PeerIsn, TcpFlags.Syn, s.Now, out _));
        Assert.Equal(TimeWaitVerdict.Reuse, On(table, 1, s.PeerIsn + 1000, TcpFlags.Syn, s.Now, out _));
        Assert.Equal(TimeWaitVerdict.Unknown, On(table, 1, s.PeerIsn + 1000, TcpFlags.Ack, s.Now, out _));
    }

    [Fact]
    public void NewSyn_WithALaterTimestamp_StartsAnewWhateverItsNumber()
    {
        using TcpScript s = TcpScript.Established("S 0 win 60000 ts 100 0");
        s.Close().In("FA 1 ack 2 ts 100 0");
        Assert.Equal(TcpState.TimeWait, s.State);
        TimeWaitTable table = new(10, Wait);
        table.Add(Key(1), s.Connection, s.Now);
        TcpOptions options = default;
        options.HasTimestamps = true;
        options.TsVal = 99;
        Assert.Equal(TimeWaitVerdict.Acknowledge, On(table, 1, s.PeerIsn + 5000, TcpFlags.Syn, s.Now, out TcpOutput answer, options));
        Assert.Equal(100u, answer.Options.TsEcr);
        options.TsVal = 100;
        Assert.Equal(TimeWaitVerdict.Acknowledge, On(table, 1, s.PeerIsn + -5000, TcpFlags.Syn, s.Now, out _, options));
        options.TsVal = 101;
        Assert.Equal(TimeWaitVerdict.Reuse, On(table, 1, s.PeerIsn + -5000, TcpFlags.Syn, s.Now, out _, options));
    }

    [Fact]
    public void PlainAcknowledgement_AsksForNothing_ButAnOldSegmentIsAnswered()
    {
        using TcpScript s = TcpScript.TimeWait();
        TimeWaitTable table = new(10, Wait);
        table.Add(Key(1), s.Connection, s.Now);
        Assert.Equal(TimeWaitVerdict.Drop, On(table, 1, s.PeerIsn + 2, TcpFlags.Ack, s.Now, out _));
        Assert.Equal(TimeWaitVerdict.Acknowledge, On(table, 1, s.PeerIsn + 1, TcpFlags.Ack, s.Now, out _));
        Assert.Equal(TimeWaitVerdict.Unknown, On(table, 2, s.PeerIsn + 1, TcpFlags.Ack, s.Now, out _));
    }

    [Fact]
    public void AFullTable_ForgetsTheOldest()
    {
        using TcpScript s = TcpScript.TimeWait();
        TimeWaitTable table = new(3, Wait);
        for (int i = 0; i < 5; i++)
        {
            table.Add(Key(i), s.Connection, s.Now + i);
        }

        Assert.Equal(3, table.Count);
        Assert.Equal(TimeWaitVerdict.Unknown, On(table, 1, s.PeerIsn + 1, TcpFlags.Ack, s.Now, out _));
        Assert.Equal(TimeWaitVerdict.Acknowledge, On(table, 2, s.PeerIsn + 1, TcpFlags.Ack, s.Now, out _));
    }

    [Fact]
    public void OneSocketPairUsedAgainAndAgain_CostsNoMemory()
    {
        using TcpScript s = TcpScript.TimeWait();
        TimeWaitTable table = new(16, Wait);
        long before = 0;
        int reused = 0;
        FlowKey key = Key(1);
        for (int i = 0; i < 10_000; i++)
        {
            if (i == 100)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            table.Add(key, s.Connection, s.Now + i);
            TcpOptions options = default;
            TcpSegment syn = new(s.PeerIsn + 1000, default, TcpFlags.Syn, 1000, in options, default);
            reused += table.OnSegment(key, syn, s.Now + i, out _) == TimeWaitVerdict.Reuse ? 1 : 0;
        }

        Assert.Equal(10_000, reused);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4096);
    }

    private static TimeWaitVerdict On(
        TimeWaitTable table,
        int port,
        SequenceNumber seq,
        TcpFlags flags,
        Instant now,
        out TcpOutput answer,
        TcpOptions options = default) =>
        table.OnSegment(Key(port), new TcpSegment(seq, default, flags, 1000, in options, default), now, out answer);
}
