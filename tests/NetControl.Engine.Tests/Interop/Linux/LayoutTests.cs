using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetControl.Engine.Interop.Linux;

namespace NetControl.Engine.Tests.Interop.Linux;

/// <summary>Struct sizes and offsets are the kernel's.</summary>
public sealed class LayoutTests
{
    [Fact]
    public void Structs_HaveTheKernelsSizes()
    {
        Assert.Equal(16, Unsafe.SizeOf<IoVec>());
        Assert.Equal(56, Unsafe.SizeOf<MsgHdr>());
        Assert.Equal(64, Unsafe.SizeOf<MMsgHdr>());
        Assert.Equal(28, Unsafe.SizeOf<SockAddr>());
        Assert.Equal(VirtioNetHeader.Size, Unsafe.SizeOf<VirtioNetHeader>());
    }

    [Fact]
    public void EpollEvent_IsPackedOnX64Only()
    {
        bool x64 = RuntimeInformation.ProcessArchitecture == Architecture.X64;
        Assert.Equal(x64 ? 12 : 16, EpollEventBuffer.Stride);
        Assert.Equal(x64 ? 4 : 8, EpollEventBuffer.DataOffset);
    }

    [Fact]
    public void VirtioNetHeader_WritesItsFieldsAtTheKernelsOffsets()
    {
        VirtioNetHeader header = new()
        {
            Flags = VirtioNetHeader.NeedsChecksum,
            GsoType = VirtioNetHeader.GsoTcp6,
            HeaderLength = 0x0102,
            GsoSize = 0x0304,
            ChecksumStart = 0x0506,
            ChecksumOffset = 0x0708,
        };
        byte[] bytes = new byte[10];
        header.Write(bytes);
        Assert.Equal([1, 4, 2, 1, 4, 3, 6, 5, 8, 7], bytes);
        Assert.Equal(0x0708, VirtioNetHeader.Read(bytes).ChecksumOffset);
    }
}
