using System.Net;
using System.Net.Sockets;

namespace NetControl.EndToEnd.Tests.Conformance;

/// <summary>Segments that find no connection (RFC 9293 3.10.7.1, 3.10.7.2).</summary>
public sealed class TcpClosedScenarios : Scenarios
{
    public async Task AckToNobody_IsResetAtItsAcknowledgement(Host host)
    {
        Conversation c = new(host, Refusing(host));
        c.Send("A 1 ack 77");
        Seen reset = await c.ExpectAsync(seen => seen.Has('R'), "a reset");
        Assert.Equal("R 77", c.Text(reset));
    }

    public async Task SegmentsWithoutAckToNobody_AreResetAtTheirEnd(Host host)
    {
        foreach ((string text, uint end) in ((string, uint)[])[("- 1", 1), ("P 1:11", 11), ("F 1", 2), ("FUP 1:3", 4), ("U 1:2", 2)])
        {
            Conversation c = new(host, Refusing(host));
            c.Send(text);
            Seen reset = await c.ExpectAsync(seen => seen.Has('R'), $"a reset for {text}");
            Assert.Equal($"RA 0 ack {end}", c.Text(reset));
            Assert.Equal(0u, reset.Seq);
        }
    }

    public async Task SynAckToNobody_IsResetAtItsAcknowledgement(Host host)
    {
        Conversation c = new(host, Refusing(host));
        c.Send("SA 0 ack 500");
        Assert.Equal("R 500", c.Text(await c.ExpectAsync(seen => seen.Has('R'), "a reset")));
    }

    public async Task ResetsToNobody_AreNotAnswered(Host host)
    {
        Conversation c = new(host, Refusing(host));
        c.Send("R 1");
        c.Send("RA 1 ack 5");
        c.Send("SR 1");
        c.Send("FRA 1 ack 5");
        c.Send("SRFUPA 1 ack 5");
        await c.SilentAsync();
    }

    public async Task SynToARefusingPort_IsResetBehindIt(Host host)
    {
        Conversation c = new(host, Refusing(host));
        c.Send(Conversation.SackSyn);
        Seen reset = await c.ExpectAsync(seen => seen.Has('R'), "a reset");
        Assert.Equal("RA 0 ack 1", c.Text(reset));
        Assert.Equal(0u, reset.Seq);
    }

    public async Task SynWithDataToARefusingPort_IsResetBehindItsData(Host host)
    {
        Conversation c = new(host, Refusing(host));
        c.Send("S 0:10 mss 1000", new byte[10]);
        Assert.Equal("RA 0 ack 11", c.Text(await c.ExpectAsync(seen => seen.Has('R'), "a reset")));
    }

    public async Task SynWithFinOrOtherBits_IsASyn(Host host)
    {
        foreach (string flags in (string[])["SF", "SP", "SU", "SFPU"])
        {
            Socket listener = Listen(host);
            Conversation c = new(host, (IPEndPoint)listener.LocalEndPoint!);
            await c.OpenAsync($"{flags} 0 mss 1000");
            c.Send("A 1 ack 1");
            await AcceptAsync(listener);
        }
    }

    public async Task BadChecksumOrHeaderLength_IsDropped(Host host)
    {
        Conversation c = new(host, Refusing(host));
        foreach (int offset in (int[])[-1, 0, 4, 15])
        {
            foreach (string text in (string[])["S 0", "A 1 ack 1", "P 1:9"])
            {
                byte[] segment = c.Segment(text);
                if (offset < 0)
                {
                    segment[17] ^= 0x55;
                }
                else
                {
                    segment[12] = (byte)(offset << 4);
                    Wire.Sum(segment, 16, c.Local.Address, c.Remote.Address, Wire.Tcp);
                }

                host.Send(c.Remote.Address, Wire.Tcp, segment);
            }
        }

        host.Send(c.Remote.Address, Wire.Tcp, Wire.Sum(c.Segment("A 1 ack 1")[..19], 16, c.Local.Address, c.Remote.Address, Wire.Tcp));
        await c.SilentAsync();
        await host.ExpectNothingAsync("no ICMP about TCP's own faults", seen => seen.IsIcmp, 0);
    }

    public async Task SynToAGroupOrBroadcast_IsDropped(Host host)
    {
        string[] groups = host.IsV4 ? ["224.0.0.1", "239.1.2.3", "255.255.255.255", "10.77.255.255"] : ["ff02::1", "ff0e::1"];
        foreach (string group in groups)
        {
            Conversation c = new(host, new IPEndPoint(IPAddress.Parse(group), 80));
            c.Send("S 0 mss 1000");
            c.Send("A 1 ack 1");
        }

        await host.ExpectNothingAsync("no answer", seen => seen.IsTcp || seen.IsIcmp);
    }

    public async Task PortNobodyCanReach_IsUnreachableWithTheSynQuoted(Host host)
    {
        Conversation c = new(host, new IPEndPoint(IPAddress.Parse(host.IsV4 ? EndToEnd.Tests.World.Unreachable4 : EndToEnd.Tests.World.Unreachable6), 80));
        c.Send(Conversation.SackSyn);
        Seen error = await host.ExpectIcmpAsync((byte)(host.IsV4 ? 3 : 1));
        Assert.Contains(error.Code, host.IsV4 ? (byte[])[0, 1] : [0, 3]);
        Assert.Equal(c.Packet(Conversation.SackSyn), error.Payload);
        await c.SilentAsync();
    }
}
