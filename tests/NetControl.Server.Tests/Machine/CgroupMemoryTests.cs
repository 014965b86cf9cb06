using NetControl.Engine;
using NetControl.Server.Machine;

namespace NetControl.Server.Tests.Machine;

public sealed class CgroupMemoryTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("netcontrol-cgroup-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("0::/\n", "sys/fs/cgroup/memory.max", "134217728\n", 134217728)]
    [InlineData("0::/pod/app\n", "sys/fs/cgroup/pod/memory.max", "1000000\n", 1000000)]
    [InlineData("0::/../host/path\n", "sys/fs/cgroup/memory.max", "2000000\n", 2000000)]
    [InlineData("5:cpu,cpuacct:/x\n9:memory:/docker/abc\n0::/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes", "4000000\n", 4000000)]
    [InlineData("9:memory:/docker/abc\n", "sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "4000000\n", 4000000)]
    [InlineData("0::/\n", "sys/fs/cgroup/memory.max", "max\n", null)]
    [InlineData("9:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n", null)]
    [InlineData("rubbish\n", "sys/fs/cgroup/memory.max", "1\n", null)]
    [InlineData(null, "sys/fs/cgroup/memory.max", "1\n", null)]
    public void Limit_IsTheCgroups(string? groups, string file, string limit, object? expected)
    {
        if (groups is not null)
        {
            Write("proc/self/cgroup", groups);
        }

        Write(file, limit);
        Assert.Equal(expected is null ? null : Convert.ToInt64(expected, System.Globalization.CultureInfo.InvariantCulture), CgroupMemory.Limit(_root));
    }

    [Fact]
    public void Limit_IsTheSmallestOnTheWayUp()
    {
        Write("proc/self/cgroup", "0::/pod/app\n");
        Write("sys/fs/cgroup/pod/app/memory.max", "max\n");
        Write("sys/fs/cgroup/pod/memory.max", "3000000\n");
        Write("sys/fs/cgroup/memory.max", "5000000\n");
        Assert.Equal(3000000, CgroupMemory.Limit(_root));
    }

    [Fact]
    public void Sizing_FollowsTheMemory_WithinTheDefaults()
    {
        EngineOptions usual = new();
        Assert.Equal(usual, Sizing.For(null));
        Assert.Equal(usual, Sizing.For(64L << 30));
        EngineOptions small = Sizing.For(128L << 20);
        Assert.Equal((64L << 20, 8L << 20, 16_384), (small.BufferBudgetBytes, small.ReassemblyBudgetBytes, small.MaxSessions));
        EngineOptions tiny = Sizing.For(1);
        Assert.Equal((1L << 20, 1L << 20, 4096), (tiny.BufferBudgetBytes, tiny.ReassemblyBudgetBytes, tiny.MaxSessions));
    }

    private void Write(string file, string text)
    {
        string path = Path.Combine(_root, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
