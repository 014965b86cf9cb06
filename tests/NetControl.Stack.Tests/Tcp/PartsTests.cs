using System.Buffers.Binary;
using NetControl.Network;
using NetControl.Stack.Tcp;
using NetControl.Stack.Tcp.Congestion;

namespace NetControl.Stack.Tests.Tcp;

/// <summary>The machine's small parts, each by itself.</summary>
public sealed class PartsTests
{
    [Theory]
    [InlineData(0u, uint.MaxValue)]
    [InlineData(0x7FFF_FFFFu, 0u)]
    [InlineData(5u, 4u)]
    [InlineData(0x8000_0004u, 5u)]
    public void SequenceNumbers_CompareAcrossTheWrap(uint later, uint earlier)
    {
        Assert.True(new SequenceNumber(later) > new SequenceNumber(earlier));
        Assert.True(new SequenceNumber(earlier) <= new SequenceNumber(later));
        Assert.Equal(new SequenceNumber(later), SequenceNumber.Max(new SequenceNumber(earlier), new SequenceNumber(later)));
    }

    [Fact]
    public void Rtt_FollowsRfc6298()
    {
        RttEstimator rtt = default;
        Assert.Equal(1_000_000, rtt.Timeout(200_000, 60_000_000));
        rtt.Sample(100_000);
        Assert.Equal(300_000, rtt.Timeout(200_000, 60_000_000)); // SRTT + 4 * R/2
        rtt.Sample(100_000);
        Assert.Equal(250_000, rtt.Timeout(200_000, 60_000_000)); // RTTVAR 3/4
        rtt.Sample(180_000);
        Assert.Equal(110_000, rtt.SmoothedMicros);
        Assert.Equal(110_000 + (4 * 48_125), rtt.Timeout(200_000, 60_000_000));
        rtt.BackOff();
        rtt.BackOff();
        Assert.Equal(4 * (110_000 + (4 * 48_125)), rtt.Timeout(200_000, 60_000_000));
        for (int i = 0; i < 100; i++)
        {
            rtt.BackOff();
        }

        Assert.Equal(60_000_000, rtt.Timeout(200_000, 60_000_000));
        rtt.Sample(1000);
        Assert.Equal(0, rtt.Expiries);
    }

    [Fact]
    public void NewReno_SlowStartLossAndTimeout()
    {
        NewReno reno = new();
        reno.Start(1000);
        Assert.Equal(10_000, reno.Window);
        reno.OnAck(10_000, filled: true, 1000, default);
        Assert.Equal(20_000, reno.Window);
        reno.OnLoss(20_000, default);
        Assert.Equal((10_000, 10_000), (reno.Window, reno.SlowStartThreshold));
        reno.OnRecovered();
        reno.OnAck(5000, filled: true, 1000, default);
        reno.OnAck(5000, filled: true, 1000, default);
        Assert.Equal(11_000, reno.Window);
        reno.OnTimeout(11_000, first: true);
        Assert.Equal((1000, 5500), (reno.Window, reno.SlowStartThreshold));
        reno.OnTimeout(11_000, first: false);
        reno.OnTimeout(2000, first: false);
        Assert.Equal((1000, 5500), (reno.Window, reno.SlowStartThreshold));
        reno.OnAck(1000, filled: true, 1000, default);
        Assert.Equal(2000, reno.Window);
    }

    [Theory]
    [InlineData(9000, 18_000)]
    [InlineData(1460, 14_600)]
    [InlineData(536, 5360)]
    [InlineData(65_000, 130_000)]
    public void NewReno_InitialWindowFollowsRfc6928(int mss, long expected)
    {
        NewReno reno = new();
        reno.Start(mss);
        Assert.Equal(expected, reno.Window);
    }

    [Fact]
    public void Scoreboard_FindsHoles()
    {
        SackScoreboard board = new();
        Assert.True(board.Add(2000, 3000));
        Assert.False(board.Add(2000, 3000));
        Assert.True(board.Add(4000, 5000));
        Assert.True(board.Add(6000, 7000));
        Assert.True(board.TryNextHole(1000, 9000, out long start, out long end));
        Assert.Equal((1000, 2000), (start, end));
        Assert.True(board.TryNextHole(2500, 9000, out start, out end));
        Assert.Equal((3000, 4000), (start, end));
        Assert.True(board.TryNextHole(6000, 9000, out start, out end));
        Assert.Equal((7000, 9000), (start, end));
        Assert.False(board.TryNextHole(6000, 7000, out _, out _));
        Assert.Equal(3000, board.SackedBytes);
        board.Trim(4500);
        Assert.Equal((2, 1500), (board.Count, board.SackedBytes));
        Assert.True(board.Add(4400, 9000));
        Assert.Equal((1, 9000), (board.Count, board.Highest));
    }

    [Fact]
    public void Scoreboard_IsBounded()
    {
        SackScoreboard board = new();
        for (int i = 0; i < 1000; i++)
        {
            board.Add(i * 10, (i * 10) + 5);
        }

        Assert.Equal(SackScoreboard.MaxRanges, board.Count);
    }

    [Fact]
    public void Isn_MovesWithTheClockAndDiffersPerConnection()
    {
        IsnGenerator isn = new("0123456789abcdef"u8);
        AddrPort a = AddrPort.Parse("10.0.0.1:80");
        AddrPort b = AddrPort.Parse("10.0.0.2:1000");
        SequenceNumber first = isn.Next(a, b, new Instant(0));
        Assert.Equal(first + 250, isn.Next(a, b, new Instant(1000)));
        Assert.NotEqual(first, isn.Next(b, a, new Instant(0)));
        Assert.NotEqual(first, isn.Next(a, AddrPort.Parse("10.0.0.2:1001"), new Instant(0)));
        Assert.NotEqual(isn.Hash(a, b), new IsnGenerator("0123456789abcdeg"u8).Hash(a, b));
    }

    [Fact]
    public void Isn_HashIsSipHash24()
    {
        // The reference text (Aumasson and Bernstein) over the same 36 bytes, written out byte by byte.
        byte[] key = [.. Enumerable.Range(0, 16).Select(static i => (byte)i)];
        AddrPort a = AddrPort.Parse("[2001:db8::1]:443");
        AddrPort b = AddrPort.Parse("[2001:db8::2]:50000");
        byte[] message = new byte[36];
        BinaryPrimitives.WriteUInt64LittleEndian(message, a.Address.High);
        BinaryPrimitives.WriteUInt64LittleEndian(message.AsSpan(8), a.Address.Low);
        BinaryPrimitives.WriteUInt64LittleEndian(message.AsSpan(16), b.Address.High);
        BinaryPrimitives.WriteUInt64LittleEndian(message.AsSpan(24), b.Address.Low);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(32), ((uint)a.Port << 16) | b.Port);
        Assert.Equal(0xA129CA6149BE45E5UL, SipHash(key, [.. Enumerable.Range(0, 15).Select(static i => (byte)i)]));
        Assert.Equal(SipHash(key, message), new IsnGenerator(key).Hash(a, b));
    }

    private static ulong SipHash(byte[] key, byte[] message)
    {
        ulong k0 = BinaryPrimitives.ReadUInt64LittleEndian(key);
        ulong k1 = BinaryPrimitives.ReadUInt64LittleEndian(key.AsSpan(8));
        ulong[] v = [k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573];
        byte[] padded = new byte[((message.Length / 8) + 1) * 8];
        message.CopyTo(padded, 0);
        padded[^1] = (byte)message.Length;
        for (int i = 0; i < padded.Length; i += 8)
        {
            ulong m = BinaryPrimitives.ReadUInt64LittleEndian(padded.AsSpan(i));
            v[3] ^= m;
            Rounds(v, 2);
            v[0] ^= m;
        }

        v[2] ^= 0xFF;
        Rounds(v, 4);
        return v[0] ^ v[1] ^ v[2] ^ v[3];
    }

    private static void Rounds(ulong[] v, int count)
    {
        while (count-- > 0)
        {
            v[0] += v[1];
            v[1] = ulong.RotateLeft(v[1], 13) ^ v[0];
            v[0] = ulong.RotateLeft(v[0], 32);
            v[2] += v[3];
            v[3] = ulong.RotateLeft(v[3], 16) ^ v[2];
            v[0] += v[3];
            v[3] = ulong.RotateLeft(v[3], 21) ^ v[0];
            v[2] += v[1];
            v[1] = ulong.RotateLeft(v[1], 17) ^ v[2];
            v[2] = ulong.RotateLeft(v[2], 32);
        }
    }
}
