using System.Net;
using System.Net.Sockets;

namespace NetControl.EndToEnd.Tests.Conformance;

/// <summary>SYN, its options and its answers (RFC 9293 3.1, 3.5, 3.7.1, 3.10.7.2; RFC 7323, 2018, 6691).</summary>
public sealed class TcpHandshakeScenarios : Scenarios
{
    private static readonly byte[] s_mss1000 = [2, 4, 3, 232];

    public async Task NothingOffered_OnlyMssIsAnswered(Host host)
    {
        (Conversation c, _) = await ConnectAsync(host, "S 0 win 60000");
        Assert.Equal((host.IsV4 ? 1460 : 1440, null, false, null), (c.SynAck!.Mss, c.SynAck.Scale, c.SynAck.SackOk, c.SynAck.Stamp));
    }

    public async Task EachOption_IsAnsweredIfOffered(Host host)
    {
        (Conversation sack, _) = await ConnectAsync(host, "S 0 sackok");
        Assert.Equal((null, true, null), (sack.SynAck!.Scale, sack.SynAck.SackOk, sack.SynAck.Stamp));
        (Conversation scale, _) = await ConnectAsync(host, "S 0 wscale 3");
        Assert.Equal((true, false, null), (scale.SynAck!.Scale is not null, scale.SynAck.SackOk, scale.SynAck.Stamp));
        (Conversation stamp, _) = await ConnectAsync(host, "S 0 ts 4711 0");
        Assert.Equal((null, false, 4711u), (stamp.SynAck!.Scale, stamp.SynAck.SackOk, stamp.SynAck.Stamp?.Echo));
    }

    public async Task OddOptions_AreSkippedOrEndTheList(Host host)
    {
        byte[][] lists =
        [
            [1, 1, 1, 1, .. s_mss1000], // padding first
            [253, 4, 1, 2, .. s_mss1000], // an experiment (RFC 4727)
            [200, 2, 1, 1, .. s_mss1000], // unknown without a value
            [30, 12, 0, 0x81, 1, 2, 3, 4, 5, 6, 7, 8, .. s_mss1000], // multipath
            [34, 2, 1, 1, .. s_mss1000], // a cookie is wished for (RFC 7413)
            [.. s_mss1000, 0, 77, 77, 77], // behind the end of the list
            [.. s_mss1000, 3, 0, 1, 1], // a length of zero
            [.. s_mss1000, 3, 1, 1, 1], // a length of one
            [.. s_mss1000, 1, 1, 8, 40], // a length beyond the header
            [.. s_mss1000, 1, 1, 1, 99], // a kind without room for its length
            [.. s_mss1000, 4, 3, 1, 0], // a known kind of the wrong length
        ];
        foreach (byte[] list in lists)
        {
            (Conversation c, Socket upstream) = await ConnectAsync(host, "S 0 win 60000", list);
            Assert.Null(c.SynAck!.Stamp);
            await upstream.SendAsync(Conversation.Content(0, 3000));
            Seen first = await c.ExpectAsync(seen => seen.Payload.Length > 0, $"data after {Convert.ToHexString(list)}");
            Assert.Equal(1000, first.Payload.Length);
            c.Send("RA 1 ack 1");
        }
    }

    public async Task SenselessLengthFirst_IsAHandshakeAllTheSame(Host host)
    {
        foreach (byte[] list in (byte[][])[[2, 0, 0, 0], [2, 3, 1, 0], [2, 255, 1, 1], [2, 4, 0, 0], [8, 1, 0, 0]])
        {
            (Conversation c, Socket upstream) = await ConnectAsync(host, "S 0 win 60000", list);
            await upstream.SendAsync(Conversation.Content(0, 3000));
            Seen first = await c.ExpectAsync(seen => seen.Payload.Length > 0, $"data after {Convert.ToHexString(list)}");
            Assert.Equal(host.IsV4 ? 536 : 1220, first.Payload.Length);
            c.Send("RA 1 ack 1");
        }
    }

    public async Task OptionsInAnySegment_AreReceived(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host);
        c.Send("A 1:11 ack 1", options: [253, 6, 1, 2, 3, 4, 1, 1]);
        c.Send("A 11:21 ack 1", options: [.. s_mss1000]); // misplaced, and so ignored
        c.Send("A 21:31 ack 1", options: [99, 0, 0, 0]);
        Assert.Equal(Conversation.Content(0, 30), await ReadAsync(upstream, 30));
    }

    public async Task NoMss_SegmentsAreOfTheDefault(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host, "S 0 win 60000");
        await upstream.SendAsync(Conversation.Content(0, 10_000));
        Seen first = await c.ExpectAsync(seen => seen.Payload.Length > 0, "data");
        Assert.Equal(host.IsV4 ? 536 : 1220, first.Payload.Length);
    }

    public async Task Mss_IsNeverExceeded_OptionsIncluded(Host host)
    {
        foreach ((int mss, bool stamps) in ((int, bool)[])[(64, false), (200, true), (1300, false), (1300, true), (65_535, false)])
        {
            (Conversation c, Socket upstream) = await ConnectAsync(host, $"S 0 win 60000 mss {mss}{(stamps ? " ts 1000 0" : "")}");
            await upstream.SendAsync(Conversation.Content(0, 5000));
            Seen first = await c.ExpectAsync(seen => seen.Payload.Length > 0, "data");
            int most = Math.Min(mss, host.IsV4 ? 1460 : 1440) - (stamps ? 12 : 0);
            Assert.Equal(most, first.Payload.Length);
            c.Send(stamps ? "RA 1 ack 1 ts 1002 0" : "RA 1 ack 1");
        }
    }

    public async Task WindowOfASyn_IsNotScaled(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host, "S 0 win 500 mss 100 wscale 10");
        c.Window = 500;
        c.Settled().Send("A 1 ack 1 win 1"); // 1 << 10 from here on
        await upstream.SendAsync(Conversation.Content(0, 5000));
        await Task.Delay(500);
        Assert.Equal(1, c.Host.Count(seen => c.IsOurs(seen) && c.Text(seen) == "A 901:1001 ack 1"));
        Assert.Equal(0, c.Host.Count(seen => c.IsOurs(seen) && seen.Seq + seen.Payload.Length - c.TheirIsn > 1025));
    }

    public async Task ScaleAboveFourteen_IsTakenForFourteen(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host, "S 0 win 65535 mss 1000", [2, 4, 3, 232, 1, 3, 3, 200]);
        c.Settled().Send("A 1 ack 1 win 1");
        await upstream.SendAsync(Conversation.Content(0, 9_000));
        await c.ExpectAsync("A 8001:9001 ack 1");
    }

    public async Task SynAgain_IsAnsweredByTheSameSynAck(Host host)
    {
        Socket listener = Listen(host);
        Conversation c = new(host, (IPEndPoint)listener.LocalEndPoint!);
        Seen first = await c.OpenAsync();
        c.Send(Conversation.PlainSyn);
        Seen second = await c.ExpectAsync(seen => seen.Has('S'), "the SYN-ACK again", 0.8);
        Assert.Equal(first.Seq, second.Seq);
    }

    public async Task SynAckUnanswered_GoesAgainWithBackOff(Host host)
    {
        Socket listener = Listen(host);
        Conversation c = new(host, (IPEndPoint)listener.LocalEndPoint!);
        Seen first = await c.OpenAsync();
        Seen second = await c.ExpectAsync(seen => seen.Has('S'), "the SYN-ACK again");
        Seen third = await c.ExpectAsync(seen => seen.Has('S'), "the SYN-ACK a third time");
        Assert.InRange((second.At - first.At).TotalSeconds, 0.8, 2);
        Assert.InRange((third.At - second.At).TotalSeconds, 1.6, 4);
        c.Send("A 1 ack 1");
        await AcceptAsync(listener);
    }

    public async Task InitialNumbers_DifferPerConnectionAndMoveOn(Host host)
    {
        Socket listener = Listen(host);
        HashSet<uint> numbers = [];
        for (int i = 0; i < 8; i++)
        {
            Conversation c = new(host, (IPEndPoint)listener.LocalEndPoint!);
            Seen answer = await c.OpenAsync();
            Assert.True(numbers.Add(answer.Seq >> 8), "two connections with all but one number");
            c.Send("R 1");
        }

        // The same pair of sockets a moment later: the clock has moved on by about 250 a millisecond (RFC 6528 3).
        IPEndPoint local = host.NextEndPoint();
        Conversation before = new(host, (IPEndPoint)listener.LocalEndPoint!, local);
        uint old = (await before.OpenAsync()).Seq;
        before.Send("R 1");
        await Task.Delay(200);
        host.Forget(_ => true);
        Conversation after = new(host, (IPEndPoint)listener.LocalEndPoint!, local);
        Assert.InRange((int)((await after.OpenAsync()).Seq - old), 100, 100_000_000);
    }

    public async Task SynReceived_WrongAcks_AreResetAndTheHandshakeGoesOn(Host host)
    {
        Socket listener = Listen(host);
        Conversation c = new(host, (IPEndPoint)listener.LocalEndPoint!);
        await c.OpenAsync();
        c.Send("A 1 ack 2000");
        Assert.Equal("R 2000", c.Text(await c.ExpectAsync(seen => seen.Has('R'), "a reset")));
        c.Send("A 1 ack 0");
        Assert.Equal("R 0", c.Text(await c.ExpectAsync(seen => seen.Has('R'), "a reset")));
        c.Send("A 1 ack 1");
        await AcceptAsync(listener);
        c.Send("A 1:11 ack 1");
        await c.ExpectAsync("A 1 ack 11");
    }

    public async Task SynReceived_Reset_EndsIt(Host host)
    {
        Socket listener = Listen(host);
        Conversation c = new(host, (IPEndPoint)listener.LocalEndPoint!);
        await c.OpenAsync();
        c.Settled().Send("R 1");
        await c.SilentAsync(1500);
        c.Send("A 1 ack 1");
        await c.ExpectAsync(seen => c.Text(seen) == "R 1", "a reset");
    }

    public async Task SynReceived_UnacceptableSegment_IsAcknowledged(Host host)
    {
        Socket listener = Listen(host);
        Conversation c = new(host, (IPEndPoint)listener.LocalEndPoint!);
        await c.OpenAsync();
        c.Send("A 4000000001 ack 1");
        await c.ExpectAsync("A 1 ack 1", Soon);
        c.Send("A 1 ack 1");
        await AcceptAsync(listener);
    }

    public async Task SynReceived_AnotherSynInTheWindow_ReturnsToListen(Host host)
    {
        Socket listener = Listen(host);
        Conversation c = new(host, (IPEndPoint)listener.LocalEndPoint!);
        await c.OpenAsync();
        c.Settled().Send("S 500 mss 1000");
        await Task.Delay(200);
        c.Send("S 500 mss 1000");
        Seen again = await c.ExpectAsync(seen => seen.Has('S'), "a new SYN-ACK");
        Assert.Equal(c.Isn + 501, again.Ack);
    }

    public async Task DataOnASyn_IsDeliveredOnceAndInOrder(Host host)
    {
        Socket listener = Listen(host);
        Conversation c = new(host, (IPEndPoint)listener.LocalEndPoint!);
        c.Send("S 0:100 mss 1000", Conversation.Content(0, 100));
        Seen answer = await c.ExpectAsync(seen => seen.Has('S'), "a SYN-ACK");
        Assert.InRange(answer.Ack - c.Isn, 1u, 101u);
        c.TheirIsn = answer.Seq;
        c.Send("A 101 ack 1");
        c.Send("A 1:101 ack 1"); // what an ordinary sender does until it is acknowledged
        c.Send("A 101:201 ack 1");
        Socket upstream = await AcceptAsync(listener);
        Assert.Equal(Conversation.Content(0, 200), await ReadAsync(upstream, 200));
        await c.ExpectAsync("A 1 ack 201");
    }

    public async Task ThirdSegmentLost_DataEstablishes(Host host)
    {
        Socket listener = Listen(host);
        Conversation c = new(host, (IPEndPoint)listener.LocalEndPoint!);
        await c.OpenAsync();
        c.Send("PA 1:101 ack 1");
        Socket upstream = await AcceptAsync(listener);
        Assert.Equal(Conversation.Content(0, 100), await ReadAsync(upstream, 100));
        await c.ExpectAsync("A 1 ack 101");
    }

    public async Task ThirdSegmentWithFin_IsTakenWhole(Host host)
    {
        Socket listener = Listen(host);
        Conversation c = new(host, (IPEndPoint)listener.LocalEndPoint!);
        await c.OpenAsync();
        c.Send("FA 1:101 ack 1");
        Socket upstream = await AcceptAsync(listener);
        Assert.Equal(100, await ReadToEndAsync(upstream));
        await c.ExpectAsync("A 1 ack 102");
        upstream.Close();
        await c.ExpectAsync("FA 1 ack 102");
        c.Send("A 102 ack 2");
    }

    public async Task WrapAround_OfTheClientsNumbers_IsNothingSpecial(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host, isn: 0xFFFF_FFF0);
        for (int at = 0; at < 100; at += 10)
        {
            c.Send($"A {at + 1}:{at + 11} ack 1");
        }

        Assert.Equal(Conversation.Content(0, 100), await ReadAsync(upstream, 100));
        await c.ExpectAsync("A 1 ack 101");
    }
}
