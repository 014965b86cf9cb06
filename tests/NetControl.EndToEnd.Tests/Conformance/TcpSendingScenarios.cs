using System.Net.Sockets;

namespace NetControl.EndToEnd.Tests.Conformance;

/// <summary>What is sent, when, and again: windows, probes, timeouts, losses (RFC 9293 3.8, 5681, 6298, 6582, 6675, 2018).</summary>
public sealed class TcpSendingScenarios : Scenarios
{
    public async Task Timeout_SendsTheFirstAgain_WithBackOff_AndOnlyIt(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host);
        await upstream.SendAsync(Conversation.Content(0, 4000));
        Seen last = await c.ExpectAsync("A 1:1001 ack 1", Soon);
        double gap = 0;
        for (int i = 0; i < 4; i++)
        {
            // It may be cut smaller: the path may have swallowed it for its size (RFC 4821 7.7).
            Seen again = await c.ExpectAsync(seen => seen.Seq - c.TheirIsn == 1 && seen.Payload.Length > 0, "the first segment again");
            Assert.Equal(last.Payload[..again.Payload.Length], again.Payload);
            double next = (again.At - last.At).TotalSeconds;
            Assert.True(next > gap * 1.6, $"after {gap} s came {next} s");
            (gap, last) = (next, again);
        }

        Assert.Equal(1, host.Count(seen => c.IsOurs(seen) && c.Text(seen) == "A 1001:2001 ack 1"));
        c.Send("A 1 ack 4001");
        await Task.Delay(100);
        c.Settled();
        await c.SilentAsync(500);
    }

    public async Task FirstFlight_IsTenSegmentsAtMost(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host);
        await upstream.SendAsync(Conversation.Content(0, 50_000));
        await c.ExpectAsync("A 1:1001 ack 1", Soon);
        await Task.Delay(100);
        Assert.InRange(1 + host.Count(c.IsOurs), 2, 10);
    }

    public async Task ClientsWindow_IsNeverExceeded(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host, "S 0 win 2500 mss 1000");
        c.Window = 2500;
        c.Send("A 1 ack 1");
        await upstream.SendAsync(Conversation.Content(0, 20_000));
        uint acked = 1;
        while (acked < 15_000)
        {
            uint edge = acked + 2500;
            Seen piece = await c.ExpectAsync(seen => seen.Payload.Length > 0, "text");
            uint end = piece.Seq - c.TheirIsn + (uint)piece.Payload.Length;
            Assert.True(end <= Math.Max(edge, 60_001u * (acked == 1 ? 1u : 0u)), $"up to {end} beyond {edge}");
            acked = Math.Max(acked, end);
            c.Send($"A 1 ack {acked}");
        }
    }

    public async Task ClosedWindow_IsProbedWithBackOff_AndUsedOnceOpen(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host);
        c.Window = 0;
        c.Send("A 1:2 ack 1");
        await c.ExpectAsync("A 1 ack 2", Soon);
        await upstream.SendAsync(Conversation.Content(0, 100));
        Seen? last = null;
        double gap = 0;
        for (int i = 0; i < 3; i++)
        {
            Seen probe = await c.ExpectAsync(seen => seen.Payload.Length <= 1, "a probe");
            Assert.InRange(probe.Seq - c.TheirIsn, 0u, 1u);
            c.Send("A 2 ack 1");
            double next = last is null ? 0 : (probe.At - last.At).TotalSeconds;
            Assert.True(next >= gap * 1.5, $"after {gap} s came {next} s");
            (gap, last) = (next, probe);
        }

        c.Settled().Send("A 2 ack 1 win 60000");
        await c.ExpectAsync("A 1:101 ack 2", Soon);
    }

    public async Task WindowTakenBack_DoesNoHarm(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host);
        await upstream.SendAsync(Conversation.Content(0, 5000));
        await c.ExpectAsync("A 4001:5001 ack 1", Soon);
        c.Window = 1000;
        c.Send("A 1 ack 1001"); // the right edge goes from 60001 to 2001
        await c.ExpectAsync("A 1001:2001 ack 1");
        c.Send("A 1 ack 2001 win 0");
        await Task.Delay(300);
        c.Window = 60_000;
        c.Settled().Send("A 1 ack 2001");
        await c.ExpectAsync("A 2001:3001 ack 1");
        c.Send("A 1 ack 5001");
        await upstream.SendAsync(Conversation.Content(5000, 10));
        await c.ExpectAsync("A 5001:5011 ack 1", Soon);
    }

    public async Task SillyWindow_IsUsedAfterAWhile(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host);
        c.Window = 100;
        c.Send("A 1:2 ack 1");
        await c.ExpectAsync("A 1 ack 2", Soon);
        TimeSpan sent = Rig.Now;
        await upstream.SendAsync(Conversation.Content(0, 3000));
        Seen piece = await c.ExpectAsync(seen => seen.Payload.Length > 0, "text");
        Assert.Equal(100, piece.Payload.Length);
        Assert.InRange((piece.At - sent).TotalSeconds, 0.09, 2);
    }

    public async Task ThreeDuplicates_SendTheHoleAgain_BeforeTheTimeout(Host host)
    {
        Conversation c = await FarAsync(host, Conversation.PlainSyn, 5000);
        TimeSpan sent = Rig.Now;
        for (int i = 0; i < 3; i++)
        {
            c.Send("A 1 ack 1");
        }

        Seen again = await c.ExpectAsync("A 1:1001 ack 1", Soon);
        Assert.True((again.At - sent).TotalSeconds < 0.6, "that was the timeout");
        Assert.Equal(0, host.Count(seen => c.IsOurs(seen) && c.Text(seen) == "A 1001:2001 ack 1"));

        // A partial acknowledgement: the next hole goes at once (RFC 6582 3.2).
        c.Send("A 1 ack 2001");
        Seen next = await c.ExpectAsync("A 2001:3001 ack 1", Soon);
        Assert.True((next.At - again.At).TotalSeconds < 0.6, "that was the timeout");
    }

    public async Task TwoDuplicates_SendNothingAgain(Host host)
    {
        Conversation c = await FarAsync(host, Conversation.PlainSyn, 5000);
        c.Send("A 1 ack 1");
        c.Send("A 1 ack 1");
        await c.SilentAsync(seen => seen.Payload.Length > 0 && seen.Seq - c.TheirIsn < 5001, "a retransmission", 400);
    }

    public async Task Sack_OnlyTheHolesGoAgain(Host host)
    {
        Conversation c = await FarAsync(host, Conversation.SackSyn, 8000);
        c.Send("A 1 ack 1 sack 1001:2001");
        c.Send("A 1 ack 1 sack 3001:4001 sack 1001:2001");
        c.Send("A 1 ack 1 sack 3001:8001 sack 1001:2001");
        await c.ExpectAsync("A 1:1001 ack 1", 0.9);
        await c.ExpectAsync("A 2001:3001 ack 1", 0.9);
        c.Send("A 1 ack 8001");
        await c.SilentAsync(seen => seen.Payload.Length > 0, "what was there already", 200);
    }

    public async Task SackOfNonsense_DoesNoHarm(Host host)
    {
        Conversation c = await FarAsync(host, Conversation.SackSyn, 3000);
        c.Send("A 1 ack 1 sack 500000:600000");
        c.Send("A 1 ack 1 sack 2001:1001");
        c.Send("A 1 ack 1 sack 1:1");
        c.Send("A 1 ack 1 sack 4000000000:4000000100 sack 0:3001");
        c.Send("A 1 ack 1", options: [5, 9, 1, 2, 3, 4, 5, 6, 7, 0, 0, 0]); // not a multiple of eight
        await c.ExpectAsync("A 1:1001 ack 1"); // the timeout at the latest
        c.Send("A 1 ack 3001");
        await Task.Delay(100);
        c.Settled().Send("A 1:11 ack 3001");
        await c.ExpectAsync("A 3001 ack 11", Soon);
    }

    public async Task SackedAndTakenBack_GoesAgain(Host host)
    {
        Conversation c = await FarAsync(host, Conversation.SackSyn, 3000);
        c.Send("A 1 ack 1 sack 1001:3001");
        await c.ExpectAsync("A 1:1001 ack 1");
        c.Settled().Send("A 1 ack 1001"); // without the block: reneged (RFC 2018 8)
        await c.ExpectAsync("A 1001:2001 ack 1");
    }

    public async Task Challenges_AreLimited(Host host)
    {
        (Conversation c, _) = await ConnectAsync(host);
        for (int i = 0; i < 100; i++)
        {
            c.Send($"S {i + 1}");
        }

        await Task.Delay(300);
        Assert.InRange(host.Count(c.IsOurs), 1, 30);
    }

    /// <summary>A connection whose round trip was seen to take a while, and so with a timeout of a second and more, with text in flight.</summary>
    private async Task<Conversation> FarAsync(Host host, string syn, int length)
    {
        Socket listener = Listen(host);
        Conversation c = new(host, (System.Net.IPEndPoint)listener.LocalEndPoint!);
        await c.OpenAsync(syn);
        await Task.Delay(350);
        c.Send("A 1 ack 1");
        Socket upstream = await AcceptAsync(listener);
        await upstream.SendAsync(Conversation.Content(0, length));
        await c.ExpectAsync($"A {length - 999}:{length + 1} ack 1", Soon);
        return c.Settled();
    }
}
