using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using NetControl.Network;
using NetControl.Protocol.V1;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;
using NetControl.Testing;
using NetControl.Testing.Daemon;
using NetControl.Testing.Origin;

namespace NetControl.EndToEnd.Tests;

/// <summary>Floods through a real TUN: memory stays bounded, nobody else is hurt, what is refused is told, and nothing is left behind.</summary>
public sealed class FloodTests(ITestOutputHelper output)
{
    private const long Mebibyte = 1 << 20;

    [Fact]
    public async Task FiftyThousandSyns_FromSpoofedSources_CostBoundedState()
    {
        const int Count = 50_000;
        const int MostHalfOpen = 4096;
        await using FloodRig rig = await FloodRig.StartAsync(output);
        await using SessionLedger ledger = await rig.World.FollowAsync();
        using RawSender sender = rig.Sender();
        byte[] packet = new byte[TcpPacket.MaxHeadersLength];
        AddrPort to = new(IpAddr.Parse(World.Echo4.Address.ToString()), (ushort)World.Echo4.Port);
        await rig.SendAsync(sender, Count, i => packet.AsMemory(0, Segment(packet, Source(i), to, 1000, TcpFlags.Syn)));
        PrometheusText metrics = await rig.World.Api.ReadMetricsAsync();
        long dropped = metrics.Sum("netcontrol_device_drops_total", ("reason", "half_open_limit"));
        Assert.InRange(metrics.Sum("netcontrol_tcp_half_open"), 1, MostHalfOpen);
        Assert.InRange(dropped, Count / 2, Count * 3);
        Assert.Equal(dropped + await GaveWayAsync(ledger), metrics.Sum("netcontrol_sessions_closed_total", ("cause", "limit_exceeded")));
        await rig.AssertUnharmedAsync(mostGrownMebibytes: 128);

        // Each refusal is told: those that came too fast by the latest one, which says how many it stands for.
        await FloodRig.UntilAsync(
            () => Task.FromResult(ledger.Read(l => l.Closed.Where(IsRefused).Sum(s => s.PacketsSent)) >= dropped),
            "the events account for every SYN that was refused");

        // Somebody new gets in as soon as those that hang give way.
        using Socket late = rig.World.Tcp();
        await late.ConnectAsync(World.Echo4).WaitAsync(TimeSpan.FromSeconds(20));
        await late.EchoAsync();
        late.Dispose();
        await FloodRig.UntilAsync(
            async () =>
            {
                await rig.SendAsync(sender, Count, i => packet.AsMemory(0, Segment(packet, Source(i), to, 1001, TcpFlags.Rst)));
                return (await rig.World.Api.ReadMetricsAsync()).Sum("netcontrol_tcp_half_open") == 0;
            },
            "a reset lets each of those go that were answered");
        await rig.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task TwoThousandHalfOpen_ToADestinationThatNeverAnswers_AreHeldAndLetGo()
    {
        const int Count = 2000;
        await using FloodRig rig = await FloodRig.StartAsync(output);
        using RawSender sender = rig.Sender();
        byte[] packet = new byte[TcpPacket.MaxHeadersLength];
        AddrPort to = AddrPort.Parse($"{World.Silent4}:80");
        await rig.SendAsync(sender, Count, i => packet.AsMemory(0, Segment(packet, Source(i), to, 1000, TcpFlags.Syn)));
        await FloodRig.UntilAsync(
            async () =>
            {
                // Those whose SYN the kernel dropped try again, as clients do.
                bool all = (await rig.World.Api.ReadMetricsAsync()).Sum("netcontrol_tcp_half_open") == Count;
                await rig.SendAsync(sender, all ? 0 : Count, i => packet.AsMemory(0, Segment(packet, Source(i), to, 1000, TcpFlags.Syn)));
                return all;
            },
            "all of them are half open");
        Assert.Equal(Count, (await rig.World.Api.ListSessionsAsync()).Count(session => session.State == Session.Types.State.Dialing));
        Assert.Equal(Payload.Sha256(Mebibyte), await rig.World.DownloadAsync(World.Web4, Mebibyte));
        await rig.AssertUnharmedAsync(mostGrownMebibytes: 64);
        await FloodRig.UntilAsync(
            async () =>
            {
                await rig.SendAsync(sender, Count, i => packet.AsMemory(0, Segment(packet, Source(i), to, 1001, TcpFlags.Rst)));
                return (await rig.World.Api.ReadMetricsAsync()).Sum("netcontrol_tcp_half_open") == 0;
            },
            "a reset lets each of them go");
        await rig.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task HundredThousandMutatedPackets_DoNoHarm()
    {
        const int Count = 100_000;
        await using FloodRig rig = await FloodRig.StartAsync(output, configuration => configuration + "    udpIdleTimeout: 1s\n");
        using RawSender sender = rig.Sender();
        byte[][] samples = [.. SamplePackets.All().Select(sample => sample.Packet)];
        Random random = new(1);
        byte[] packet = new byte[1500];
        await rig.SendAsync(sender, Count, _ => packet.AsMemory(0, Mutate(samples[random.Next(samples.Length)], packet, random)));
        PrometheusText metrics = await rig.World.Api.ReadMetricsAsync();
        string[] reasons = ["malformed", "bad_checksum", "martian", "unsupported_protocol", "bad_option", "bad_fragment", "no_session"];
        foreach (string reason in reasons)
        {
            long drops = metrics.Sum("netcontrol_device_drops_total", ("reason", reason));
            output.WriteLine($"  {reason}: {drops}");
            Assert.True(drops > 0, $"no packet was dropped as {reason}");
        }

        Assert.InRange(metrics.Sum("netcontrol_device_usage", ("resource", "reassembly_bytes")), 0, 8 * Mebibyte);
        Assert.Equal(Payload.Sha256(Mebibyte), await rig.World.DownloadAsync(World.Web6, Mebibyte));
        await rig.AssertUnharmedAsync(mostGrownMebibytes: 128);

        // Handshakes that nobody will finish are the operator's to end; the bystander's is the oldest session.
        IReadOnlyList<Session> live = await rig.World.Api.ListSessionsAsync();
        output.WriteLine($"  left alive: {live.Count - 1}, of them UDP {live.Count(s => s.Protocol == Protocol.V1.SessionProtocol.Udp)}");
        foreach (string[] names in live.Skip(1).Select(session => session.Name).Chunk(500))
        {
            await rig.World.Api.Sessions.CloseSessionsAsync(new CloseSessionsRequest { Names = { names } });
        }

        await rig.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task TenThousandConnections_OpenedAndClosed_LeaveNothing()
    {
        const int Count = 10_000;
        const int AtOnce = 200;
        await using FloodRig rig = await FloodRig.StartAsync(output);
        await using SessionLedger ledger = await rig.World.FollowAsync();
        long completed = (await rig.World.Api.ReadMetricsAsync()).Sum("netcontrol_sessions_closed_total", ("cause", "completed"));
        long start = Stopwatch.GetTimestamp();
        int next = 0;
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref next) is int n && n <= Count / 100)
            {
                AddressFamily family = n % 2 == 0 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
                foreach (Socket socket in rig.World.Sockets(100, SocketType.Stream, family))
                {
                    using (socket)
                    {
                        await socket.ConnectAsync(n % 2 == 0 ? World.Echo4 : World.Echo6);
                        await socket.EchoAsync();
                        socket.Shutdown(SocketShutdown.Send);
                        Assert.Equal(0, await socket.ReceiveAsync(new byte[1]));
                    }
                }
            }
        })));
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{Count} connections in {took.TotalSeconds:0.0} s, {Count / took.TotalSeconds:0}/s"));
        await FloodRig.UntilAsync(
            async () =>
                (await rig.World.Api.ReadMetricsAsync()).Sum("netcontrol_sessions_closed_total", ("cause", "completed")) == completed + Count,
            "every connection ended in good order");
        await ledger.WaitUntilAsync(l => l.Closed.Count == Count);
        await rig.AssertUnharmedAsync(mostGrownMebibytes: 96);
        await rig.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task ThousandStalledReaders_BesideOneThatMoves()
    {
        const int Count = 1000;
        const long Length = 64 * Mebibyte;
        await using FloodRig rig = await FloodRig.StartAsync(output);
        Socket[] stalled = rig.World.Sockets(Count, SocketType.Stream, AddressFamily.InterNetwork);
        byte[] request = System.Text.Encoding.ASCII.GetBytes($"GET /bytes/{128 * Mebibyte} HTTP/1.1\r\n\r\n");
        await Task.WhenAll(stalled.Select(async socket =>
        {
            socket.ReceiveBufferSize = 64 << 10;
            await socket.ConnectAsync(IPAddress.Parse(World.Web4), 80);
            await socket.SendAsync(request);
        }));
        long start = Stopwatch.GetTimestamp();
        Assert.Equal(Payload.Sha256(Length), await rig.World.DownloadAsync(World.Web4, Length));
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        Assert.Equal(Payload.Sha256(Length), await rig.World.UploadAsync(World.Web6, Length));
        PrometheusText metrics = await rig.World.Api.ReadMetricsAsync();
        long buffers = metrics.Sum("netcontrol_device_usage", ("resource", "buffer_bytes"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Length / Mebibyte} MiB in {took.TotalSeconds:0.0} s beside {Count} stalled readers, who hold {buffers / Mebibyte} MiB of buffers"));
        Assert.InRange(buffers, 1, 300 * Mebibyte);
        await rig.AssertUnharmedAsync(mostGrownMebibytes: 400);
        foreach (Socket socket in stalled)
        {
            socket.LingerState = new LingerOption(true, 0);
            socket.Dispose();
        }

        await rig.AssertNothingLeftAsync();
    }

    private static bool IsRefused(Session s) => s.Cause == SessionCause.LimitExceeded && s.PacketsReceived == 0;

    /// <summary>Another address of the device's subnet for every packet: nobody is there to answer.</summary>
    private static AddrPort Source(int i) => new(IpAddr.Parse($"10.77.0.{2 + (i % 250)}"), (ushort)(10_000 + (i / 250)));

    private static int Segment(byte[] into, AddrPort from, AddrPort to, uint seq, TcpFlags flags)
    {
        TcpOptions options = new() { Mss = (flags & TcpFlags.Syn) != 0 ? (ushort)1460 : (ushort)0 };
        return TcpPacket.Write(into, from, to, new SequenceNumber(seq), default, flags, 5000, options);
    }

    private static int Mutate(byte[] sample, byte[] into, Random random)
    {
        sample.CopyTo(into, 0);
        Span<byte> packet = into.AsSpan(0, sample.Length);
        for (int mutations = random.Next(4); mutations > 0; mutations--)
        {
            packet[random.Next(packet.Length)] = (byte)random.Next(256);
        }

        // A right checksum lets a mutation through to where it matters; a new source port makes a new session.
        int port = packet[0] >> 4 == 6 ? 41 : 21;
        if (port < packet.Length)
        {
            packet[port] = (byte)random.Next(256);
        }

        if (random.Next(8) != 0)
        {
            SamplePackets.Repair(packet);
        }

        int length = random.Next(10) == 0 ? random.Next(20, packet.Length + 1) : packet.Length;
        into[0] = (byte)(random.Next(50) == 0 ? random.Next(256) : into[0]);
        return length;
    }

    /// <summary>Sessions that had hung for so long that a newcomer took their place: counted under the same cause as those refused.</summary>
    private static Task<long> GaveWayAsync(SessionLedger ledger) =>
        Task.FromResult(ledger.Read(l => l.Closed.LongCount(s => s.Cause == SessionCause.LimitExceeded && s.PacketsReceived > 0)));
}
