using CsCheck;
using NetControl.Network;
using NetControl.Stack.Wire;

namespace NetControl.Stack.Tests.Wire;

/// <summary>The fast sum against the slow one, and the arithmetic around it.</summary>
public sealed class ChecksumTests
{
    [Fact]
    public void Sum_OfTheExampleInRfc1071_IsTheNumberInRfc1071()
    {
        byte[] bytes = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
        Assert.Equal(0xddf2, Checksum.Fold(Checksum.Sum(bytes)));
        Assert.Equal(0x220d, Checksum.Finish(Checksum.Sum(bytes)));
    }

    [Fact]
    public void Sum_AtEveryAlignmentAndLength_EqualsTheWordByWordReference()
    {
        byte[] bytes = new byte[700];
        new Random(1).NextBytes(bytes);
        bytes.AsSpan(100, 200).Fill(0xFF);
        for (int start = 0; start < 40; start++)
        {
            for (int length = 0; length <= 600; length++)
            {
                ReadOnlySpan<byte> piece = bytes.AsSpan(start, length);
                Assert.Equal(Reference(piece, 0), Checksum.Fold(Checksum.Sum(piece)));
            }
        }
    }

    [Fact]
    public void Sum_OfRandomBytes_EqualsTheReferenceWithAnyStart() =>
        Gen.Select(Gen.Byte.Array[0, 3000], Gen.UInt).Sample((bytes, initial) =>
            Reference(bytes, initial) == Checksum.Fold(Checksum.Sum(bytes, initial)), iter: 2000);

    [Fact]
    public void Sum_OfALargeSpanOfOnes_DoesNotOverflow()
    {
        byte[] bytes = new byte[1 << 20];
        Array.Fill(bytes, (byte)0xFF);
        Assert.Equal(0xFFFF, Checksum.Fold(Checksum.Sum(bytes, uint.MaxValue)));
    }

    [Fact]
    public void CombineAt_OfPiecesCutAnywhere_EqualsTheSumOfTheWhole() =>
        Gen.Select(Gen.Byte.Array[0, 300], Gen.Int[0, 300]).Sample((bytes, cut) =>
        {
            cut = Math.Min(cut, bytes.Length);
            uint joined = Checksum.CombineAt(Checksum.Sum(bytes.AsSpan(0, cut)), Checksum.Sum(bytes.AsSpan(cut)), cut);
            return Congruent(Checksum.Fold(joined), Checksum.Fold(Checksum.Sum(bytes)));
        });

    [Theory]
    [InlineData("10.77.0.1", "198.18.0.1", 6, 1480)]
    [InlineData("255.255.255.254", "255.255.255.255", 255, 65535)]
    [InlineData("fd77::1", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", 17, 65535)]
    public void PseudoHeader_OfEitherFamily_EqualsTheSumOfItsBytes(string from, string to, byte protocol, int length)
    {
        IpAddr source = IpAddr.Parse(from);
        IpAddr destination = IpAddr.Parse(to);
        byte[] bytes = new byte[40];
        int at = source.IsV4 ? 8 : 32;
        if (source.IsV4)
        {
            source.WriteV4(bytes);
            destination.WriteV4(bytes.AsSpan(4));
        }
        else
        {
            source.WriteV6(bytes);
            destination.WriteV6(bytes.AsSpan(16));
        }

        bytes[at + 1] = protocol;
        bytes[at + 2] = (byte)(length >> 8);
        bytes[at + 3] = (byte)length;
        Assert.Equal(Reference(bytes, 0), Checksum.Fold(Checksum.PseudoHeader(source, destination, protocol, length)));
    }

    internal static ushort Reference(ReadOnlySpan<byte> bytes, uint initial)
    {
        ulong sum = initial;
        for (int i = 0; i < bytes.Length; i++)
        {
            sum += (i & 1) == 0 ? (uint)bytes[i] << 8 : bytes[i];
        }

        while (sum > 0xFFFF)
        {
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        return (ushort)sum;
    }

    private static bool Congruent(ushort a, ushort b) => a % 0xFFFF == b % 0xFFFF;
}
