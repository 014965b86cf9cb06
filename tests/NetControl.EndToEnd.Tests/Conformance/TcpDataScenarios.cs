using System.Net.Sockets;

namespace NetControl.EndToEnd.Tests.Conformance;

/// <summary>Text in both directions: order, acknowledgements, windows (RFC 9293 3.8, 3.10.7.4; RFC 5681 4.2).</summary>
public sealed class TcpDataScenarios : Scenarios
{
    public async Task OneSegment_IsAcknowledgedWithinHalfASecond(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host);
        TimeSpan sent = Rig.Now;
        c.Send("A 1:11 ack 1");
        Seen ack = await c.ExpectAsync("A 1 ack 11");
        Assert.InRange((ack.At - sent).TotalSeconds, 0, 0.5);
        Assert.Equal(Conversation.Content(0, 10), await ReadAsync(upstream, 10));
    }

    public async Task EverySecondFullSegment_IsAcknowledged(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host, "S 0 win 60000 mss 1460");
        int size = host.IsV4 ? 1460 : 1440;
        for (int i = 0; i < 20; i++)
        {
            c.Send($"A {(i * size) + 1}:{((i + 1) * size) + 1} ack 1");
        }

        await c.ExpectAsync($"A 1 ack {(20 * size) + 1}");
        Assert.InRange(1 + host.Count(c.IsOurs), 10, 20);
        Assert.Equal(Conversation.Content(0, 20 * size), await ReadAsync(upstream, 20 * size));
    }

    public async Task Hole_IsAcknowledgedAtOnceAndFilled(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host);
        for (int i = 2; i < 6; i++)
        {
            c.Settled().Send($"A {(i * 100) + 1}:{(i * 100) + 101} ack 1");
            Seen duplicate = await c.ExpectAsync("A 1 ack 1", Soon);
            Assert.Empty(duplicate.Sack);
        }

        c.Send("A 1:101 ack 1");
        await c.ExpectAsync("A 1 ack 101", Soon);
        c.Send("A 101:201 ack 1");
        await c.ExpectAsync("A 1 ack 601", Soon);
        Assert.Equal(Conversation.Content(0, 600), await ReadAsync(upstream, 600));
    }

    public async Task Hole_WithSack_IsNamed_LatestFirst(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host, Conversation.SackSyn);
        int[] starts = [201, 401, 601, 801, 1001];
        foreach (int start in starts)
        {
            c.Settled().Send($"A {start}:{start + 100} ack 1");
            Seen ack = await c.ExpectAsync("A 1 ack 1", Soon);
            Assert.Equal((c.Isn + (uint)start, c.Isn + (uint)start + 100), ack.Sack[0]);
            Assert.InRange(ack.Sack.Count, Math.Min(4, Array.IndexOf(starts, start) + 1), 4);
        }

        c.Settled().Send("A 301:401 ack 1");
        Seen merged = await c.ExpectAsync("A 1 ack 1", Soon);
        Assert.Equal((c.Isn + 201, c.Isn + 501), merged.Sack[0]);
        c.Send("A 1:201 ack 1");
        Seen advanced = await c.ExpectAsync("A 1 ack 501", Soon);
        Assert.DoesNotContain(advanced.Sack, block => block.Left - c.Isn < 501);
        Assert.Equal(Conversation.Content(0, 500), await ReadAsync(upstream, 500));
    }

    public async Task Sack_WithTimestamps_HasRoomForThree(Host host)
    {
        (Conversation c, _) = await ConnectAsync(host, Conversation.StampSyn);
        foreach (int start in (int[])[201, 401, 601, 801])
        {
            c.Settled().Send($"A {start}:{start + 100} ack 1 ts 1002 0");
            Seen ack = await c.ExpectAsync("A 1 ack 1", Soon);
            Assert.InRange(ack.Sack.Count, 1, 3);
        }
    }

    public async Task Duplicates_AreNamedByDsack(Host host)
    {
        (Conversation c, _) = await ConnectAsync(host, Conversation.SackSyn);
        c.Send("A 1:101 ack 1");
        await c.ExpectAsync("A 1 ack 101", Soon);
        c.Send("A 1:101 ack 1");
        Assert.Equal([(c.Isn + 1, c.Isn + 101)], (await c.ExpectAsync("A 1 ack 101", Soon)).Sack);
        c.Send("A 301:401 ack 1");
        await c.ExpectAsync("A 1 ack 101", Soon);
        c.Send("A 301:401 ack 1");
        Seen within = await c.ExpectAsync("A 1 ack 101", Soon);
        Assert.Equal([(c.Isn + 301, c.Isn + 401), (c.Isn + 301, c.Isn + 401)], within.Sack);
        c.Send("A 51:201 ack 1"); // half of it is old
        Seen part = await c.ExpectAsync("A 1 ack 201", Soon);
        Assert.Equal((c.Isn + 51, c.Isn + 101), part.Sack[0]);
        c.Settled().Send("A 201:206 ack 1");
        Seen once = await c.ExpectAsync("A 1 ack 206", Soon);
        Assert.DoesNotContain(once.Sack, block => block.Left - c.Isn < 206);
    }

    public async Task NoSackOffered_NoneSent(Host host)
    {
        (Conversation c, _) = await ConnectAsync(host);
        c.Send("A 1001:1101 ack 1");
        Assert.Empty((await c.ExpectAsync("A 1 ack 1", Soon)).Sack);
    }

    public async Task Overlaps_InEveryOrder_GiveTheStream(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host, Conversation.SackSyn);
        foreach ((int start, int end) in ((int, int)[])[(501, 700), (401, 600), (301, 901), (650, 1001), (1, 50), (1, 101), (20, 350), (990, 1101)])
        {
            c.Send($"A {start}:{end} ack 1");
        }

        await c.ExpectAsync("A 1 ack 1101", Soon);
        Assert.Equal(Conversation.Content(0, 1100), await ReadAsync(upstream, 1100));
    }

    public async Task Fin_BeforeItsText_WaitsForIt(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host);
        c.Send("FA 101:201 ack 1");
        await c.ExpectAsync("A 1 ack 1", Soon);
        c.Send("A 1:101 ack 1");
        await c.ExpectAsync("A 1 ack 202", Soon);
        Assert.Equal(200, await ReadToEndAsync(upstream));
    }

    public async Task Urgent_IsOrdinaryText(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host);
        c.Send("UA 1:11 ack 1", urgent: 5);
        c.Send("UA 11:21 ack 1", urgent: 65_535);
        c.Send("UA 21 ack 1", urgent: 100);
        c.Send("A 21:31 ack 1", urgent: 3);
        c.Send("UA 31:41 ack 1", urgent: 0);
        await c.ExpectAsync("A 1 ack 41", Soon);
        Assert.Equal(Conversation.Content(0, 40), await ReadAsync(upstream, 40));
    }

    public async Task ReservedBitsAndCongestionBits_AreIgnored(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host);
        for (int i = 1; i < 16; i++)
        {
            c.Send($"A {(i * 10) - 9}:{(i * 10) + 1} ack 1", reserved: i, extraFlags: i % 2 == 0 ? 0xC0 : 0x40);
        }

        Seen last = await c.ExpectAsync("A 1 ack 151", Soon);
        Assert.False(last.Has('E'));
        Assert.Equal(Conversation.Content(0, 150), await ReadAsync(upstream, 150));
    }

    public async Task Push_IsSetOnTheLastOfABurst(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host);
        await upstream.SendAsync(Conversation.Content(0, 2500));
        Seen last = await c.ExpectAsync("A 2001:2501 ack 1", Soon);
        Assert.True(last.Has('P'));
    }

    public async Task Text_ArrivesIntactAndInOrder(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host, "S 0 win 60000 mss 1460");
        byte[] content = Conversation.Content(0, 50_000);
        await upstream.SendAsync(content);
        uint next = 1;
        while (next <= 50_000)
        {
            Seen piece = await c.ExpectAsync(seen => seen.Payload.Length > 0 && seen.Seq - c.TheirIsn == next, $"text at {next}");
            Assert.Equal(content[((int)next - 1)..((int)next - 1 + piece.Payload.Length)], piece.Payload);
            next += (uint)piece.Payload.Length;
            c.Send($"A 1 ack {next}");
        }
    }

    public async Task ClosedWindow_IsSaidAndItsProbesAreAnswered(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host, "S 0 win 60000 mss 1460", receiveBuffer: 4096);
        const int Size = 1400;
        long next = 1;
        Seen last = c.SynAck!;
        int window = last.Window;
        int stuck = 0;
        while (window >= Size || stuck++ < 3)
        {
            int burst = Math.Min(8, window / Size);
            for (int i = 0; i < burst; i++)
            {
                c.Send($"A {next}:{next + Size} ack 1");
                next += Size;
            }

            await Task.Delay(burst > 0 ? 3 : 50);
            uint most = 0;
            while (host.Count(c.IsOurs) > 0)
            {
                last = await c.ExpectAsync(_ => true, "an acknowledgement");
                most = Math.Max(most, last.Ack - c.Isn + (uint)last.Window);
            }

            window = (int)(most > next ? most - next : most == 0 ? window - (burst * Size) : 0);
            stuck = window >= Size ? 0 : stuck;
        }

        // Fill the rest to the byte.
        if (window > 0)
        {
            c.Send($"A {next}:{next + window} ack 1");
            next += window;
        }

        Seen closed = await c.ExpectAsync(seen => seen.Window == 0 && seen.Ack == c.Isn + (uint)next, "a closed window");
        Assert.Equal(0, closed.Window);
        for (int i = 0; i < 3; i++)
        {
            c.Settled().Send($"A {next}:{next + 1} ack 1");
            Seen answer = await c.ExpectAsync($"A 1 ack {next}", Soon);
            Assert.Equal(0, answer.Window);
        }

        c.Settled();
        Task<byte[]> read = ReadAsync(upstream, (int)next - 1);
        Seen open = await c.ExpectAsync(seen => seen.Window >= Size, "the window to open");
        Assert.Equal(next, open.Ack - c.Isn);
        Assert.Equal(Conversation.Content(0, (int)next - 1), await read);
        c.Send($"A {next}:{next + 10} ack 1");
        await c.ExpectAsync($"A 1 ack {next + 10}", Soon);
    }

    public async Task RightEdge_NeverMovesLeft(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host, "S 0 win 60000 mss 1460 wscale 0");
        int scale = c.SynAck!.Scale!.Value;
        uint edge = 1 + (uint)c.SynAck.Window;
        for (int i = 0; i < 200; i++)
        {
            c.Send($"A {(i * 7) + 1}:{(i * 7) + 8} ack 1");
            if (i % 10 == 0)
            {
                Seen ack = await c.ExpectAsync(seen => true, "an acknowledgement");
                uint now = ack.Ack - c.Isn + ((uint)ack.Window << scale);
                Assert.True(now >= edge - (1u << scale), $"the right edge moved from {edge} to {now}");
                edge = Math.Max(edge, now);
            }
        }

        await ReadAsync(upstream, 1400);
    }
}
