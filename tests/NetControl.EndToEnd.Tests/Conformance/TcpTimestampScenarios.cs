using System.Net.Sockets;

namespace NetControl.EndToEnd.Tests.Conformance;

/// <summary>Timestamps and protection against wrapped sequence numbers (RFC 7323 3 to 5).</summary>
public sealed class TcpTimestampScenarios : Scenarios
{
    public async Task EverySegment_CarriesThem_EvenAReset(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host, Conversation.StampSyn);
        c.Send("A 1:11 ack 1 ts 1002 0");
        Assert.Equal(1002u, (await c.ExpectAsync("A 1 ack 11", Soon)).Stamp?.Echo);
        await upstream.SendAsync(new byte[10]);
        Assert.Equal(1002u, (await c.ExpectAsync("A 1:11 ack 11", Soon)).Stamp?.Echo);
        c.Send("A 11 ack 11 ts 1003 0");
        Reset(upstream);
        Assert.Equal(1003u, (await c.ExpectAsync(seen => seen.Has('R'), "a reset", Soon)).Stamp?.Echo);
    }

    public async Task NotOffered_NoneSent_EvenIfSomeComeLater(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host);
        c.Send("A 1:11 ack 1 ts 5 0");
        c.Send("A 11:21 ack 1 ts 4 0");
        Assert.Null((await c.ExpectAsync("A 1 ack 21", Soon)).Stamp);
        await ReadAsync(upstream, 20);
    }

    public async Task Echo_IsOfTheFirstSegmentThatTheDelayedAckCovers(Host host)
    {
        (Conversation c, _) = await ConnectAsync(host, Conversation.StampSyn);
        await Task.Delay(100);
        host.Send(c.Packet("A 1:11 ack 1 ts 2000 0"));
        host.Send(c.Packet("A 11:21 ack 1 ts 2010 0"));
        Assert.Equal(2000u, (await c.ExpectAsync("A 1 ack 21", Soon)).Stamp?.Echo);
    }

    public async Task Echo_OfSegmentsBehindAHole_IsOfTheLastInOrder(Host host)
    {
        (Conversation c, _) = await ConnectAsync(host, Conversation.StampSyn);
        c.Send("A 1:11 ack 1 ts 2000 0");
        Assert.Equal(2000u, (await c.ExpectAsync("A 1 ack 11", Soon)).Stamp?.Echo);
        c.Send("A 21:31 ack 1 ts 2010 0");
        Assert.Equal(2000u, (await c.ExpectAsync("A 1 ack 11", Soon)).Stamp?.Echo);
        c.Send("A 11:21 ack 1 ts 2020 0");
        Assert.Equal(2020u, (await c.ExpectAsync("A 1 ack 31", Soon)).Stamp?.Echo);
    }

    public async Task StaleStamp_IsAcknowledgedAndDropped(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host, Conversation.StampSyn);
        c.Send("A 1:11 ack 1 ts 2000 0");
        await c.ExpectAsync("A 1 ack 11", Soon);
        c.Send("A 11:21 ack 1 ts 1999 0");
        Seen ack = await c.ExpectAsync("A 1 ack 11", Soon);
        Assert.Equal(2000u, ack.Stamp?.Echo);
        c.Send("FA 11 ack 1 ts 1500 0");
        await c.ExpectAsync("A 1 ack 11", Soon);
        c.Send("A 11:21 ack 1 ts 2000 0"); // not older
        await c.ExpectAsync("A 1 ack 21", Soon);
        Assert.Equal(Conversation.Content(0, 20), await ReadAsync(upstream, 20));
    }

    public async Task StaleStamp_DoesNotSaveFromAReset(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host, Conversation.StampSyn);
        c.Send("A 1:11 ack 1 ts 2000 0");
        await c.ExpectAsync("A 1 ack 11", Soon);
        c.Send("R 11 ts 5 0");
        await ExpectUpstreamResetAsync(upstream);
    }

    public async Task NoStamp_IsDroppedInSilence_ButAReset(Host host)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host, Conversation.StampSyn);
        await Task.Delay(100);
        c.Settled().Send("A 1:11 ack 1");
        c.Send("FA 1 ack 1");
        await c.SilentAsync();
        c.Send("A 1:11 ack 1 ts 2000 0");
        await c.ExpectAsync("A 1 ack 11", Soon);
        c.Send("R 11");
        await ExpectUpstreamResetAsync(upstream);
    }

    public async Task Clock_TicksBetweenAMillisecondAndASecond(Host host)
    {
        (Conversation c, _) = await ConnectAsync(host, Conversation.StampSyn);
        c.Send("A 1:11 ack 1 ts 1002 0");
        Seen first = await c.ExpectAsync("A 1 ack 11", Soon);
        await Task.Delay(1500);
        c.Send("A 11:21 ack 1 ts 1003 0");
        Seen second = await c.ExpectAsync("A 1 ack 21", Soon);
        double millis = (second.At - first.At).TotalMilliseconds;
        Assert.InRange(second.Stamp!.Value.Value - first.Stamp!.Value.Value, 1u, (uint)(millis * 1.1) + 20);
    }

    public async Task Stamps_MayWrapAround_AndEchoesMayBeNonsense(Host host)
    {
        Socket listener = Listen(host);
        Conversation c = new(host, (System.Net.IPEndPoint)listener.LocalEndPoint!);
        await c.EstablishAsync("S 0 win 60000 mss 1000 sackok ts 4294967290 0 wscale 0", ack: "A 1 ack 1 ts 4294967291 0");
        Socket upstream = await AcceptAsync(listener);
        c.Send("A 1:11 ack 1 ts 5 4000000000");
        await c.ExpectAsync("A 1 ack 11", Soon);
        c.Send("A 11:21 ack 1 ts 4294967292 1"); // old now
        await c.ExpectAsync("A 1 ack 11", Soon);
        await upstream.SendAsync(new byte[10]);
        await c.ExpectAsync("A 1:11 ack 11", Soon);
        c.Send("A 11 ack 11 ts 6 3999999999");
        await upstream.SendAsync(new byte[10]);
        await c.ExpectAsync("A 11:21 ack 11", Soon);
    }
}
