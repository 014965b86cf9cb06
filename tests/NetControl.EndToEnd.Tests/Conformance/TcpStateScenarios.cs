using System.Net.Sockets;

namespace NetControl.EndToEnd.Tests.Conformance;

/// <summary>Every kind of segment in every synchronized state (RFC 9293 3.10.7.4; RFC 5961 3 to 5).</summary>
public sealed class TcpStateScenarios : Scenarios
{
    // The states that a client can bring the other side to, with the next number of each side there.
    private static readonly string[] s_states = ["ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK"];

    public Task Reset_AtTheNextNumber_EndsTheConnection(Host host) => InEachAsync(host, async at =>
    {
        at.Client.Send($"R {at.Ours}");
        await Task.Delay(200);
        at.Client.Settled().Send($"A {at.Ours} ack {at.Theirs}");
        await at.Client.ExpectAsync($"R {at.Theirs}", Soon);
        if (at.State is "ESTABLISHED" or "CLOSE-WAIT")
        {
            await Assert.ThrowsAnyAsync<SocketException>(async () =>
            {
                await ReadToEndAsync(at.Upstream);
                for (int i = 0; i < 20; i++)
                {
                    await at.Upstream.SendAsync(new byte[1]);
                    await Task.Delay(20);
                }
            });
        }
    });

    public Task Reset_ElsewhereInTheWindow_IsChallenged(Host host) => InEachAsync(host, async at =>
    {
        at.Client.Send($"R {at.Ours + 100}");
        await ExpectAckAsync(at);
        await AssertLivesAsync(at);
    });

    public Task Reset_OutsideTheWindow_IsDropped(Host host) => InEachAsync(host, async at =>
    {
        at.Client.Send($"R {at.Ours - 1}");
        at.Client.Send($"RA {at.Ours + 100_000_000} ack {at.Theirs}");
        await at.Client.SilentAsync(seen => seen.Payload.Length == 0 && !seen.Has('F'), "an answer to a reset", 200);
        await AssertLivesAsync(at);
    });

    public Task Syn_InTheWindowOrOutside_IsChallenged(Host host) => InEachAsync(host, async at =>
    {
        foreach (string syn in (string[])[$"S {at.Ours}", $"S {at.Ours + 1000}", "S 0", $"SA {at.Ours + 10} ack {at.Theirs}", $"S {at.Ours + 100_000_000}"])
        {
            at.Client.Settled().Send(syn + " mss 1000");
            await ExpectAckAsync(at);
        }

        await AssertLivesAsync(at);
    });

    public Task AckOfWhatWasNeverSent_IsChallengedAndTheSegmentDropped(Host host) => InEachAsync(host, async at =>
    {
        at.Client.Send($"A {at.Ours} ack {at.Theirs + 5000}");
        await ExpectAckAsync(at);
        if (at.TakesData)
        {
            at.Client.Send($"A {at.Ours}:{at.Ours + 10} ack {at.Theirs + 5000}");
            await ExpectAckAsync(at);
        }

        await AssertLivesAsync(at);
    });

    public Task NoAckBit_IsDropped(Host host) => InEachAsync(host, async at =>
    {
        at.Client.Send($"- {at.Ours}:{at.Ours + 10}");
        at.Client.Send($"FPU {at.Ours}:{at.Ours + 10}");
        await at.Client.SilentAsync(seen => seen.Has('R') || seen.Ack - at.Client.Isn > at.Ours, "an answer", 200);
        await AssertLivesAsync(at);
    });

    public Task OldSegments_AreEachAcknowledged(Host host) => InEachAsync(host, async at =>
    {
        for (int i = 0; i < 15; i++)
        {
            at.Client.Settled().Send($"A {at.Ours - 1}:{at.Ours} ack {at.Theirs}");
            await ExpectAckAsync(at);
        }

        await AssertLivesAsync(at);
    });

    public Task SegmentsBeyondTheWindow_AreAcknowledgedAndDropped(Host host) => InEachAsync(host, async at =>
    {
        at.Client.Send($"A {at.Ours + 100_000_000}:{at.Ours + 100_000_100} ack {at.Theirs}");
        await ExpectAckAsync(at);
        at.Client.Settled().Send($"FA {at.Ours + 50_000_000} ack {at.Theirs}");
        await ExpectAckAsync(at);
        await AssertLivesAsync(at);
    });

    public Task KeepAliveProbe_WithAndWithoutAByte_IsAcknowledged(Host host) => InEachAsync(host, async at =>
    {
        at.Client.Send($"A {at.Ours - 1} ack {at.Theirs}");
        await ExpectAckAsync(at);
        at.Client.Settled().Send($"A {at.Ours - 1}:{at.Ours} ack {at.Theirs}", new byte[1]);
        await ExpectAckAsync(at);
        await AssertLivesAsync(at);
    });

    public Task BadChecksum_IsDropped(Host host) => InEachAsync(host, async at =>
    {
        byte[] segment = at.Client.Segment($"R {at.Ours}");
        segment[16] ^= 0x40;
        host.Send(at.Client.Remote.Address, Wire.Tcp, segment);
        segment = at.Client.Segment($"A {at.Ours - 1} ack {at.Theirs}");
        segment[4] ^= 0x40;
        host.Send(at.Client.Remote.Address, Wire.Tcp, segment);
        await at.Client.SilentAsync(seen => seen.Payload.Length == 0 && !seen.Has('F'), "an answer", 200);
        await AssertLivesAsync(at);
    });

    public Task OldAck_IsIgnored_AndItsTextTaken(Host host) => InEachAsync(host, async at =>
    {
        if (!at.TakesData)
        {
            return;
        }

        at.Client.Send($"A {at.Ours}:{at.Ours + 10} ack 0");
        await at.Client.ExpectAsync($"A {at.Theirs} ack {at.Ours + 10}", Soon);
    });

    public Task TextBehindTheFin_IsAcknowledgedAndNotTaken(Host host) => InEachAsync(host, async at =>
    {
        if (at.TakesData)
        {
            return;
        }

        at.Client.Send($"A {at.Ours}:{at.Ours + 10} ack {at.Acked}");
        await ExpectAckAsync(at);
        at.Client.Settled().Send($"FA {at.Ours - 1} ack {at.Acked}");
        await ExpectAckAsync(at);
        await AssertLivesAsync(at);
    });

    private Task InEachAsync(Host host, Func<At, Task> test) => Task.WhenAll(s_states.Select(async state =>
    {
        At at = await EnterAsync(host, state);
        try
        {
            await test(at);
        }
        catch (Exception e) when (e is not OperationCanceledException || e.Message.Length > 0)
        {
            throw new ConformanceException($"in {state} (port {at.Client.Local.Port}, ours {at.Client.Isn}, theirs {at.Client.TheirIsn}): {e.Message}", e);
        }

        at.Client.Send($"R {at.Ours}");
    }));

    private async Task<At> EnterAsync(Host host, string state)
    {
        (Conversation c, Socket upstream) = await ConnectAsync(host);
        switch (state)
        {
            case "FIN-WAIT-1":
                upstream.Shutdown(SocketShutdown.Send);
                await c.ExpectAsync("FA 1 ack 1");
                return new At(state, c, upstream, 1, 2);
            case "FIN-WAIT-2":
                upstream.Shutdown(SocketShutdown.Send);
                await c.ExpectAsync("FA 1 ack 1");
                c.Send("A 1 ack 2");
                await Task.Delay(100);
                return new At(state, c, upstream, 1, 2);
            case "CLOSE-WAIT":
                c.Send("FA 1 ack 1");
                await c.ExpectAsync("A 1 ack 2");
                return new At(state, c, upstream, 2, 1);
            case "CLOSING":
                upstream.Shutdown(SocketShutdown.Send);
                await c.ExpectAsync("FA 1 ack 1");
                c.Send("FA 1 ack 1");
                await c.ExpectAsync("A 2 ack 2");
                return new At(state, c, upstream, 2, 2);
            case "LAST-ACK":
                c.Send("FA 1 ack 1");
                await c.ExpectAsync("A 1 ack 2");
                upstream.Shutdown(SocketShutdown.Send);
                await c.ExpectAsync("FA 1 ack 2");
                return new At(state, c, upstream, 2, 2);
            default:
                return new At(state, c, upstream, 1, 1);
        }
    }

    /// <summary>What is below the window is acknowledged by whoever lives, and reset by nobody's port.</summary>
    private static async Task AssertLivesAsync(At at)
    {
        at.Client.Settled().Send($"A {at.Ours - 1}:{at.Ours} ack {at.Acked}");
        await ExpectAckAsync(at);
    }

    // A FIN that goes again at this moment is an acknowledgement too.
    private static Task<Seen> ExpectAckAsync(At at) =>
        at.Client.ExpectAsync(seen => seen.Has('A') && !seen.Has('R') && seen.Ack - at.Client.Isn == at.Ours, $"an acknowledgement of {at.Ours}", Soon);

    private sealed record At(string State, Conversation Client, Socket Upstream, uint Ours, uint Theirs)
    {
        /// <summary>What leaves their FIN unacknowledged, if it is, and so the state as it is.</summary>
        public uint Acked => State is "FIN-WAIT-1" or "CLOSING" or "LAST-ACK" ? Theirs - 1 : Theirs;

        public bool TakesData => State is "ESTABLISHED" or "FIN-WAIT-1" or "FIN-WAIT-2";
    }
}
