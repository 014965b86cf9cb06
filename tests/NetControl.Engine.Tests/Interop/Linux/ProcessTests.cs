using NetControl.Engine.Hardening;
using NetControl.Engine.Interop.Linux;

namespace NetControl.Engine.Tests.Interop.Linux;

/// <summary>The process's own calls, as far as a test may make them of the process that it runs in.</summary>
public sealed class ProcessTests
{
    [Fact]
    public void Capabilities_AreWhatTheKernelTellsOfTheThread()
    {
        Assert.Equal(0, Libc.GetCapabilities(out ulong effective, out ulong permitted, out ulong inheritable));
        Dictionary<string, string> status = File.ReadLines("/proc/thread-self/status").Select(line => line.Split(':', 2))
            .ToDictionary(parts => parts[0], parts => parts[1].Trim(), StringComparer.Ordinal);
        Assert.Equal((status["CapEff"], status["CapPrm"], status["CapInh"]), ($"{effective:x16}", $"{permitted:x16}", $"{inheritable:x16}"));
        Assert.Equal(ProcessHardening.EffectiveUserId.ToString(System.Globalization.CultureInfo.InvariantCulture), status["Uid"].Split('\t')[1]);
    }

    [Fact]
    public void Capabilities_OfAThread_AreGivenUpByThatThreadOnly()
    {
        ulong before = ProcessHardening.Permitted;
        ulong after = ulong.MaxValue;
        Thread thread = new(() =>
        {
            Assert.Equal(0, Libc.SetCapabilities(0, 0, 0));
            after = ProcessHardening.Permitted;
        });
        thread.Start();
        thread.Join();
        Assert.Equal((0UL, before), (after, ProcessHardening.Permitted));
    }

    [Fact]
    public void Owner_OfAFileThatIsNotThere_IsAnErrorInWords() =>
        Assert.Equal("No such file or directory", ProcessHardening.ChangeOwner("/nonexistent/file", null, 0));

    [Fact]
    public void Execute_OfWhatIsNotThere_ReturnsItsErrno()
    {
        Assert.Equal(-1, Libc.Execute("/nonexistent/program", "a\0b\0"u8, "X=1\0"u8));
        Assert.Equal(Errno.ENOENT, Libc.LastErrno);
    }
}
