using System.Buffers;
using System.Diagnostics;
using NetControl.Engine.Captures;
using NetControl.Engine.Sessions;
using NetControl.Network;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;
using NetControl.Testing;
using NetControl.Testing.Captures;
using NetControl.Testing.Proxies;

namespace NetControl.Engine.Tests.Captures;

/// <summary>What a capture holds of what passes a stack, and what it says of what it does not hold.</summary>
public sealed class PacketCaptureTests
{
    [Fact]
    public async Task TcpConnection_IsCapturedWholeWithItsSession()
    {
        using EchoServer echo = new();
        await using TestEngine test = new();
        await using Recording recording = await Recording.StartAsync(test, new CaptureOptions());
        AddrPort to = LoopbackDialer.Outside(echo.EndPoint);
        byte[] sent = Flows.TcpFlowTests.Noise(5000);
        TcpPeer peer = await test.Host.ConnectAsync(to);
        await peer.SendAsync(sent);
        Assert.Equal(sent, await peer.ReceiveExactlyAsync(sent.Length));
        peer.Close();
        await peer.FinishedAsync();
        ulong id = (await test.ClosedAsync(peer.Source)).Id;

        PcapngFile file = await recording.UntilAsync(f => Parsed(f).Count(p => (p.Flags & TcpFlags.Fin) != 0) >= 2);
        List<(PcapngPacket Packet, TcpFlags Flags, int Payload)> packets = Parsed(file);
        Assert.Equal(("devices/test", 101), (file.Interfaces[0].Name, file.Interfaces[0].LinkType));
        Assert.Equal([TcpFlags.Syn, TcpFlags.Syn | TcpFlags.Ack, TcpFlags.Ack], packets.Take(3).Select(p => p.Flags & ~(TcpFlags.Psh | TcpFlags.Ece | TcpFlags.Cwr)));
        Assert.Equal([false, true, false], packets.Take(3).Select(p => p.Packet.Inbound));
        Assert.Equal(sent.Length, packets.Where(p => !p.Packet.Inbound).Sum(p => p.Payload));
        Assert.Equal(sent.Length, packets.Where(p => p.Packet.Inbound).Sum(p => p.Payload));
        Assert.All(file.Packets, p => Assert.Equal($"session=devices/test/sessions/s{id}", p.Comment));
        Assert.Equal(file.Packets.OrderBy(p => p.Time), file.Packets);
        Assert.All(file.Packets, p => Assert.InRange(p.Time, DateTime.UtcNow.AddMinutes(-1), DateTime.UtcNow));
        Assert.Equal(file.Packets.Count, recording.Capture.Totals.Captured);
    }

    [Fact]
    public async Task DroppedPackets_AreCapturedWithTheirReason()
    {
        await using TestEngine test = new();
        await using Recording recording = await Recording.StartAsync(test, new CaptureOptions { Filter = new CaptureFilter { DroppedOnly = true } });
        byte[] broken = Udp("10.0.0.2:1000", "198.18.0.1:53", 10);
        broken[27] ^= 1;
        test.Host.Send(broken);
        test.Host.Send(Udp("127.0.0.1:1000", "198.18.0.1:53", 10));
        test.Host.Send([0x45, 0, 0]);
        PcapngFile file = await recording.UntilAsync(f => f.Packets.Count == 3);
        Assert.Equal(["drop=bad_checksum", "drop=martian", "drop=malformed"], file.Packets.Select(p => p.Comment));
        Assert.Equal(broken, file.Packets[0].Data);
        ArrayBufferWriter<byte> end = new();
        recording.Capture.WriteStatistics(end);
        PcapngStatistics statistics = PcapngFile.Parse([.. recording.Bytes, .. end.WrittenSpan]).Statistics[0];
        Assert.Equal("drop=malformed:1 drop=bad_checksum:1 drop=martian:1", statistics.Comment);
        Assert.Equal((3L, 3L, 3L, 0L), (statistics.Received, statistics.Accepted, statistics.Delivered, statistics.Dropped));
    }

    [Fact]
    public async Task Filter_ByPortNetworkProtocolDirectionAndSession_ChoosesThosePackets()
    {
        using EchoServer echo = new();
        await using TestEngine test = new();
        AddrPort to = LoopbackDialer.Outside(echo.EndPoint);
        AddrPort wanted = new(PeerHost.AddressV4, 4001);
        AddrPort other = new(PeerHost.AddressV4, 4002);
        test.Host.SendUdp(wanted, to, [1]);
        await test.Host.ExpectUdpAsync(wanted);
        ulong session = Assert.Single(await test.Engine.ListSessionsAsync(null, CancellationToken.None)).Id;
        CaptureFilter[] filters =
        [
            new() { Ports = [4001] },
            new() { Session = session },
            new() { Ports = [4001], Protocols = CaptureProtocols.Udp, Networks = [IpPrefix.TryParse("10.0.0.0/24", out IpPrefix net) ? net : default] },
            new() { Session = session, Directions = CaptureDirections.ToApplication },
            new() { Ports = [4001], Directions = CaptureDirections.FromApplication },
            new() { Protocols = CaptureProtocols.Tcp | CaptureProtocols.Icmp },
            new() { Networks = [IpPrefix.TryParse("fd00::/8", out IpPrefix six) ? six : default] },
        ];
        int[] expected = [2, 2, 2, 1, 1, 0, 0];
        for (int i = 0; i < filters.Length; i++)
        {
            await using Recording recording = await Recording.StartAsync(test, new CaptureOptions { Filter = filters[i] });
            test.Host.SendUdp(other, to, [2]);
            await test.Host.ExpectUdpAsync(other);
            test.Host.SendUdp(wanted, to, [3]);
            await test.Host.ExpectUdpAsync(wanted);
            await recording.UntilAsync(_ => recording.Capture.Totals.Seen == 4);
            Assert.Equal(expected[i], recording.Read().Packets.Count);
        }
    }

    [Fact]
    public async Task SnapLength_CutsBytesAndTellsTheLength()
    {
        await using TestEngine test = new();
        await using Recording recording = await Recording.StartAsync(test, new CaptureOptions { SnapLength = 33 });
        test.Host.Send(Udp("10.0.0.2:1000", "198.18.0.1:53", 1000));
        PcapngPacket packet = (await recording.UntilAsync(f => f.Packets.Count >= 1)).Packets[0];
        Assert.Equal((33, 1028), (packet.Data.Length, packet.Original));
    }

    [Fact]
    public async Task Limits_EndTheCaptureExactly()
    {
        await using TestEngine test = new();
        await using Recording packets = await Recording.StartAsync(test, new CaptureOptions { MaxPackets = 3, Filter = Inward });
        await using Recording bytes = await Recording.StartAsync(test, new CaptureOptions { MaxBytes = 1000, Filter = Inward });
        for (int i = 0; i < 10; i++)
        {
            test.Host.Send(Udp("10.0.0.2:1000", "127.0.0.1:53", 300));
        }

        await packets.UntilAsync(_ => packets.End != CaptureEnd.None);
        Assert.Equal((CaptureEnd.PacketLimit, 3), (packets.End, packets.Read().Packets.Count));
        await bytes.UntilAsync(_ => bytes.End != CaptureEnd.None);
        Assert.Equal((CaptureEnd.ByteLimit, 2), (bytes.End, bytes.Read().Packets.Count));
        Assert.InRange(bytes.Capture.Totals.CapturedBytes, 1, 1000);
    }

    [Fact]
    public async Task ReaderThatStopped_LosesPackets_AndIsToldHowMany()
    {
        await using TestEngine test = new();
        await using PacketCapture capture = await test.Stack.Device.CaptureAsync(
            new CaptureOptions { BufferBytes = CaptureOptions.MinBufferBytes, Filter = Inward }, CancellationToken.None);
        const int Count = 1000;
        for (int i = 0; i < Count; i++)
        {
            test.Host.Send(Udp("10.0.0.2:1000", "127.0.0.1:53", 1400));
        }

        await Recording.WaitAsync(() => capture.Totals.Seen >= Count);
        Assert.Equal(Count, capture.Totals.Matched);
        Assert.InRange(capture.Totals.Lost, 1, Count - 100);
        ArrayBufferWriter<byte> stream = new();
        capture.WriteHeader(stream, "test");
        capture.Drain(stream, int.MaxValue, out _);
        test.Host.Send(Udp("10.0.0.2:1000", "127.0.0.1:53", 1400));
        await Recording.WaitAsync(() => capture.Totals.Seen > Count);
        capture.Drain(stream, int.MaxValue, out _);
        capture.WriteStatistics(stream);
        PcapngFile file = PcapngFile.Parse(stream.WrittenSpan);
        Assert.Equal(Count + 1 - capture.Totals.Lost, file.Packets.Count);
        Assert.Equal(capture.Totals.Lost, file.Packets[^1].LostBefore);
        Assert.Equal(capture.Totals.Lost, file.Statistics[0].Dropped);
    }

    [Fact]
    public async Task DeviceThatCloses_EndsTheCapture_AfterItsLastPackets()
    {
        using EchoServer echo = new();
        await using TestEngine test = new();
        await using Recording recording = await Recording.StartAsync(test, new CaptureOptions());
        await test.Host.ConnectAsync(LoopbackDialer.Outside(echo.EndPoint));
        await test.Stack.Device.CloseAsync(SessionCause.DeviceClosed);
        PcapngFile file = await recording.UntilAsync(_ => recording.End != CaptureEnd.None);
        Assert.Equal(CaptureEnd.DeviceClosed, recording.End);
        Assert.Contains(Parsed(file), p => (p.Flags & TcpFlags.Rst) != 0);
        EngineException refused = await Assert.ThrowsAsync<EngineException>(
            () => test.Stack.Device.CaptureAsync(new CaptureOptions(), CancellationToken.None));
        Assert.Equal(EngineError.Closed, refused.Error);
    }

    [Fact]
    public async Task TooManyCaptures_AreRefused_UntilOneEnds()
    {
        await using TestEngine test = new();
        List<PacketCapture> captures = [];
        for (int i = 0; i < EngineDevice.MaxCaptures; i++)
        {
            captures.Add(await test.Stack.Device.CaptureAsync(new CaptureOptions(), CancellationToken.None));
        }

        EngineException refused = await Assert.ThrowsAsync<EngineException>(
            () => test.Stack.Device.CaptureAsync(new CaptureOptions(), CancellationToken.None));
        Assert.Equal(EngineError.LimitExceeded, refused.Error);
        await captures[0].DisposeAsync();
        await captures[0].DisposeAsync();
        captures[0] = await test.Stack.Device.CaptureAsync(new CaptureOptions(), CancellationToken.None);
        foreach (PacketCapture capture in captures)
        {
            await capture.DisposeAsync();
        }

        Assert.Null(test.Queue.Capture);
    }

    private static CaptureFilter Inward => new() { Directions = CaptureDirections.FromApplication };

    private static byte[] Udp(string from, string to, int payload)
    {
        byte[] packet = new byte[28 + payload];
        UdpPacket.Write(packet, AddrPort.Parse(from), AddrPort.Parse(to), new byte[payload]);
        return packet;
    }

    private static List<(PcapngPacket Packet, TcpFlags Flags, int Payload)> Parsed(PcapngFile file)
    {
        List<(PcapngPacket, TcpFlags, int)> all = [];
        foreach (PcapngPacket packet in file.Packets)
        {
            Assert.Equal(ParseResult.Ok, ParsedPacket.TryParse(packet.Data, ChecksumTrust.Verify, out ParsedPacket parsed));
            all.Add((packet, parsed.Flags, parsed.PayloadLength));
        }

        return all;
    }

    /// <summary>A capture with everything that was read from it.</summary>
    private sealed class Recording : IAsyncDisposable
    {
        private readonly ArrayBufferWriter<byte> _stream = new();

        private Recording(PacketCapture capture)
        {
            Capture = capture;
            capture.WriteHeader(_stream, "test");
        }

        public PacketCapture Capture { get; }

        public CaptureEnd End { get; private set; }

        public byte[] Bytes => _stream.WrittenSpan.ToArray();

        public static async Task<Recording> StartAsync(TestEngine test, CaptureOptions options) =>
            new(await test.Stack.Device.CaptureAsync(options, CancellationToken.None));

        public static async Task WaitAsync(Func<bool> condition)
        {
            for (long start = Stopwatch.GetTimestamp(); !condition(); await Task.Delay(5))
            {
                Assert.True(Stopwatch.GetElapsedTime(start) < PeerHost.Patience, "it did not come");
            }
        }

        public PcapngFile Read()
        {
            if (End == CaptureEnd.None)
            {
                End = Capture.Drain(_stream, int.MaxValue, out _);
            }

            return PcapngFile.Parse(_stream.WrittenSpan);
        }

        public async Task<PcapngFile> UntilAsync(Func<PcapngFile, bool> condition)
        {
            PcapngFile file = Read();
            await WaitAsync(() => condition(file = Read()));
            return file;
        }

        public ValueTask DisposeAsync() => Capture.DisposeAsync();
    }
}
