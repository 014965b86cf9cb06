using CsCheck;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;

namespace NetControl.Stack.Tests.Wire;

/// <summary>TCP options: what is read back is what was written, and no bytes can hurt.</summary>
public sealed class TcpOptionsTests
{
    private static readonly Gen<TcpOptions> Options =
        from mss in Gen.UShort
        from scale in Gen.Int[-1, 14]
        from flags in Gen.Int[0, 3]
        from stamps in Gen.Select(Gen.UInt, Gen.UInt)
        from blocks in Gen.Select(Gen.UInt, Gen.UInt).Array[0, 4]
        select Make(mss, scale, flags, stamps.Item1, stamps.Item2, blocks);

    [Fact]
    public void Default_HasNoOption()
    {
        TcpOptions options = default;
        Assert.Equal(0, options.Mss);
        Assert.Equal(-1, options.WindowScale);
        Assert.Equal(0, options.Length);
        Assert.Equal(0, options.Write([]));
    }

    [Fact]
    public void Write_ThenParse_IsIdentityExceptForBlocksThatDoNotFit() => Options.Sample(options =>
    {
        Span<byte> bytes = stackalloc byte[TcpOptions.MaxLength];
        int length = options.Write(bytes);
        Assert.Equal(options.Length, length);
        Assert.Equal(0, length % 4);
        TcpOptions.Parse(bytes[..length], out TcpOptions read);
        Assert.Equal(options.Mss, read.Mss);
        Assert.Equal(options.WindowScale, read.WindowScale);
        Assert.Equal(options.SackPermitted, read.SackPermitted);
        Assert.Equal((options.HasTimestamps, options.TsVal, options.TsEcr), (read.HasTimestamps, read.TsVal, read.TsEcr));
        Assert.True(read.SackCount <= options.SackCount);
        for (int i = 0; i < read.SackCount; i++)
        {
            Assert.Equal(options.GetSack(i), read.GetSack(i));
        }
    });

    [Fact]
    public void Write_OfTimestampsAndFourBlocks_KeepsTheFirstThree()
    {
        TcpOptions options = Make(0, -1, 2, 1, 2, [(1, 2), (3, 4), (5, 6), (7, 8)]);
        Assert.Equal(40, options.Length);
        TcpOptions.Parse(Bytes(options), out TcpOptions read);
        Assert.Equal(3, read.SackCount);
        Assert.Equal((new SequenceNumber(5), new SequenceNumber(6)), read.GetSack(2));
    }

    [Fact]
    public void Write_OfASyn_LooksLikeEverybodyElses()
    {
        TcpOptions options = Make(1460, 7, 3, 0x01020304, 0, []);
        Assert.Equal("020405B4" + "0402080A" + "01020304" + "00000000" + "01030307", Convert.ToHexString(Bytes(options)));
    }

    [Theory]
    [InlineData("0303FF00", 14)]
    [InlineData("03030E00", 14)]
    [InlineData("03030000", 0)]
    [InlineData("03040000", -1)]
    public void WindowScale_AboveFourteen_IsUsedAsFourteen(string hex, int expected)
    {
        TcpOptions.Parse(Convert.FromHexString(hex), out TcpOptions options);
        Assert.Equal(expected, options.WindowScale);
    }

    [Theory]
    [InlineData("FD06AABBCCDD" + "020405B4", 1460)]
    [InlineData("FD00AABBCCDD" + "020405B4", 0)]
    [InlineData("FD01AABBCCDD" + "020405B4", 0)]
    [InlineData("020305" + "020405B4", 1460)]
    [InlineData("020405", 0)]
    [InlineData("02", 0)]
    [InlineData("00020405B4", 0)]
    [InlineData("01010101020405B400", 1460)]
    [InlineData("FDFF", 0)]
    public void Parse_OfUnknownOrSenselessOptions_SkipsTheOneAndStopsAtTheOther(string hex, int expectedMss)
    {
        TcpOptions.Parse(Convert.FromHexString(hex), out TcpOptions options);
        Assert.Equal(expectedMss, options.Mss);
    }

    [Fact]
    public void Parse_OfAnyBytes_NeverThrowsAndStaysInBounds() => Gen.Byte.Array[0, 60].Sample(bytes =>
    {
        TcpOptions.Parse(bytes, out TcpOptions options);
        Assert.InRange(options.WindowScale, -1, 14);
        Assert.InRange(options.SackCount, 0, 4);
        Assert.InRange(options.Length, 0, 40);
    });

    private static byte[] Bytes(TcpOptions options)
    {
        byte[] bytes = new byte[options.Length];
        options.Write(bytes);
        return bytes;
    }

    private static TcpOptions Make(ushort mss, int scale, int flags, uint tsVal, uint tsEcr, (uint Left, uint Right)[] blocks)
    {
        TcpOptions options = new() { Mss = mss, WindowScale = scale, SackPermitted = (flags & 1) != 0 };
        if ((flags & 2) != 0)
        {
            options.HasTimestamps = true;
            options.TsVal = tsVal;
            options.TsEcr = tsEcr;
        }

        foreach ((uint left, uint right) in blocks)
        {
            options.TryAddSack(new SequenceNumber(left), new SequenceNumber(right));
        }

        return options;
    }
}
