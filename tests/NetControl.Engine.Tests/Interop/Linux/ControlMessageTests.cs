using CsCheck;
using NetControl.Engine.Interop.Linux;

namespace NetControl.Engine.Tests.Interop.Linux;

/// <summary>Ancillary data is parsed whatever it holds.</summary>
public sealed class ControlMessageTests
{
    [Fact]
    public void UdpSegment_Written_ReadsBack()
    {
        byte[] control = new byte[ControlMessage.SegmentSpace];
        Assert.Equal(24, ControlMessage.WriteUdpSegment(control, 1472));
        ReadOnlySpan<byte> rest = control;
        Assert.True(ControlMessage.TryRead(ref rest, out int level, out int type, out ReadOnlySpan<byte> data));
        Assert.Equal((Libc.SOL_UDP, Libc.UDP_SEGMENT, 2), (level, type, data.Length));
        Assert.Equal(1472, BitConverter.ToUInt16(data));
        Assert.True(rest.IsEmpty);
    }

    [Fact]
    public void Garbage_NeverThrowsAndEnds() =>
        Gen.Select(Gen.Byte.Array[0, 80], Gen.Byte[0, 40]).Sample((bytes, length) =>
        {
            // A plausible length makes the parser go further than random bytes would.
            if (bytes.Length >= 8)
            {
                bytes.AsSpan(0, 8).Clear();
                bytes[0] = length;
            }

            _ = ExtendedError.Find(bytes);
            return ControlMessage.FindUdpGro(bytes) >= int.MinValue;
        });
}
