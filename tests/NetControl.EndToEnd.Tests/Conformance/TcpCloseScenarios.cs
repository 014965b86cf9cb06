using System.Net.Sockets;

namespace NetControl.EndToEnd.Tests.Conformance;

/// <summary>How connections end: FIN either way and both, TIME-WAIT, abort (RFC 9293 3.6, 3.10.4, 3.10.7.4; RFC 1337, 6191).</summary>
public sealed class TcpCloseScenarios : Scenarios
{
    public async Task ClientFirst_HalfClosed_TextStillComes(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host);
        c.Send("FA 1:101 ack 1");
        await c.ExpectAsync("A 1 ack 102", Soon);
        Assert.Equal(100, await ReadToEndAsync(upstream));
        await upstream.SendAsync(Conversation.Content(0, 500));
        await c.ExpectAsync("A 1:501 ack 102", Soon);
        c.Send("A 102 ack 501");
        upstream.Close();
        await c.ExpectAsync("FA 501 ack 102", Soon);
        c.Send("A 102 ack 502");
        await Task.Delay(100);
        c.Settled().Send("A 102 ack 502");
        await c.ExpectAsync("R 502", Soon); // LAST-ACK became CLOSED
    }

    public async Task ServerFirst_HalfClosed_TextStillGoes(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host);
        upstream.Shutdown(SocketShutdown.Send);
        await c.ExpectAsync("FA 1 ack 1", Soon);
        c.Send("A 1:101 ack 2");
        c.Send("A 101:201 ack 2");
        await c.ExpectAsync("A 2 ack 201", Soon);
        Assert.Equal(Conversation.Content(0, 200), await ReadAsync(upstream, 200));
        c.Send("FA 201:301 ack 2");
        await c.ExpectAsync("A 2 ack 302", Soon);
        Assert.Equal(100, await ReadToEndAsync(upstream));
    }

    public async Task Fin_ComesBehindTheLastText_AndAgainUntilAcknowledged(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host);
        await upstream.SendAsync(Conversation.Content(0, 100));
        upstream.Shutdown(SocketShutdown.Send);
        await c.ExpectAsync(seen => seen.Has('F') && seen.Seq - c.TheirIsn + seen.Payload.Length == 101, "a FIN behind the text", Soon);
        c.Settled().Send("A 1 ack 101");
        Seen again = await c.ExpectAsync("FA 101 ack 1");
        c.Send("A 1 ack 102");
        await Task.Delay(100);
        c.Settled();
        await c.SilentAsync(1500);
        Assert.True(again.Has('F'));
    }

    public async Task Fins_ThatCross_EndInTimeWait(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host);
        upstream.Close();
        await c.ExpectAsync("FA 1 ack 1", Soon);
        c.Send("FA 1 ack 1");
        await c.ExpectAsync("A 2 ack 2", Soon);
        c.Send("A 2 ack 2");
        await Task.Delay(200);
        c.Settled().Send("FA 1 ack 2");
        await c.ExpectAsync("A 2 ack 2", Soon);
    }

    public async Task TimeWait_FinAgain_IsAcknowledged(Host host)
    {
        Conversation c = await LingerAsync(host);
        for (int i = 0; i < 3; i++)
        {
            c.Settled().Send("FA 1 ack 2");
            Seen ack = await c.ExpectAsync("A 2 ack 2", Soon);
            Assert.NotEqual(0, ack.Window);
        }
    }

    public async Task TimeWait_Reset_DoesNotEndIt(Host host)
    {
        Conversation c = await LingerAsync(host);
        c.Send("R 2");
        c.Send("RA 2 ack 2");
        c.Send("R 3");
        await c.SilentAsync(200);
        c.Send("FA 1 ack 2");
        await c.ExpectAsync("A 2 ack 2", Soon);
    }

    public async Task TimeWait_OldSegments_AreAcknowledged(Host host)
    {
        Conversation c = await LingerAsync(host);
        foreach (string text in (string[])["A 1:11 ack 2", "A 2:12 ack 2", "A 100000000 ack 2", "A 2 ack 5000", "S 0"])
        {
            c.Settled().Send(text);
            await c.ExpectAsync("A 2 ack 2", Soon);
        }
    }

    public async Task TimeWait_SynAbove_IsANewConnection(Host host)
    {
        Conversation old = await LingerAsync(host);
        Conversation c = new(host, old.Remote, old.Local, old.Isn + 100_000);
        await c.OpenAsync();
        Assert.True((int)(c.TheirIsn - old.TheirIsn) > 2, "the new numbers are not above the old ones (RFC 9293 MUST-96)");
    }

    public async Task TimeWait_SynWithALaterStamp_IsANewConnection(Host host)
    {
        Conversation old = await LingerAsync(host, Conversation.StampSyn);
        Conversation c = new(host, old.Remote, old.Local, old.Isn - 100_000);
        await c.OpenAsync("S 0 win 60000 mss 1000 sackok ts 9000 0 wscale 0");
    }

    public async Task TimeWait_SynWithAnOldStamp_IsAcknowledged(Host host)
    {
        Conversation c = await LingerAsync(host, Conversation.StampSyn);
        c.Settled().Send("S 100000 win 60000 mss 1000 sackok ts 500 0 wscale 0");
        Seen ack = await c.ExpectAsync("A 2 ack 2", Soon);
        Assert.NotNull(ack.Stamp);
    }

    public async Task ClientGone_UpstreamsTextIsReset(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host);
        c.Send("RA 1 ack 1");
        await ExpectUpstreamResetAsync(upstream);
        await c.SilentAsync(100);
    }

    public async Task UpstreamReset_IsAResetAtTheNextNumber(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host);
        await upstream.SendAsync(Conversation.Content(0, 100));
        await c.ExpectAsync("A 1:101 ack 1", Soon);
        c.Send("A 1 ack 101");
        c.Send("A 1:51 ack 101");
        await c.ExpectAsync("A 101 ack 51", Soon);
        Reset(upstream);
        Assert.Equal("RA 101 ack 51", c.Text(await c.ExpectAsync(seen => seen.Has('R'), "a reset", Soon)));
        c.Settled().Send("A 51 ack 101");
        await c.ExpectAsync("R 101", Soon);
    }

    public async Task UpstreamReset_WhileTheClientDoesNotRead_IsAResetSoon(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host, "S 0 win 3000 mss 1000");
        c.Window = 0;
        upstream.SendBufferSize = 100_000;
        using CancellationTokenSource limit = new(500);
        try
        {
            while (true)
            {
                await upstream.SendAsync(new byte[20_000], SocketFlags.None, limit.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // All buffers on the way are full.
        }

        c.Settled().Send("A 1 ack 3001 win 0");
        await Task.Delay(200);
        Reset(upstream);
        await c.ExpectAsync(seen => seen.Has('R'), "a reset", 8);
    }

    public async Task ClientReset_WhileItsTextWaits_AbortsTheUpstream(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host);
        await upstream.SendAsync(Conversation.Content(0, 50_000));
        await c.ExpectAsync("A 1:1001 ack 1", Soon);
        c.Send("R 1");
        await ExpectUpstreamResetAsync(upstream);
    }

    private async Task<Conversation> LingerAsync(Host host, string syn = Conversation.PlainSyn)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host, syn);
        string stamp = c.SynAck!.Stamp is { } s ? $" ts 1002 {s.Value}" : "";
        upstream.Close();
        await c.ExpectAsync("FA 1 ack 1");
        c.Send("A 1 ack 2" + stamp);
        c.Send("FA 1 ack 2" + stamp);
        await c.ExpectAsync("A 2 ack 2");
        await Task.Delay(100);
        return c.Settled();
    }
}
