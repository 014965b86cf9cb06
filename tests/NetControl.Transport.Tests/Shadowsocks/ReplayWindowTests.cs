using CsCheck;
using NetControl.Transport.Shadowsocks;

namespace NetControl.Transport.Tests.Shadowsocks;

public sealed class ReplayWindowTests
{
    [Fact]
    public void TryAdd_EachNumberOnce_AndNoneTooFarBack()
    {
        ReplayWindow window = new();
        Assert.True(window.TryAdd(0));
        Assert.False(window.TryAdd(0));
        Assert.True(window.TryAdd(10_000));
        Assert.True(window.TryAdd(10_000 - ReplayWindow.Reach + 1));
        Assert.False(window.TryAdd(10_000 - ReplayWindow.Reach));
        Assert.True(window.TryAdd(9_999));
        Assert.False(window.TryAdd(9_999));
        Assert.True(window.TryAdd(ulong.MaxValue));
        Assert.False(window.TryAdd(ulong.MaxValue));
        Assert.True(window.TryAdd(ulong.MaxValue - 1));
        Assert.False(window.TryAdd(10_001));
    }

    [Fact]
    public void TryAdd_AnySequence_IsWhatASetWouldSay() => Gen.Int[-3000, 3000].Array[1, 200].Sample(steps =>
    {
        ReplayWindow window = new();
        HashSet<ulong> seen = [];
        ulong latest = 0;
        ulong number = 100_000;
        foreach (int step in steps)
        {
            number = (ulong)((long)number + step);
            bool wanted = number > latest || (latest - number < ReplayWindow.Reach && !seen.Contains(number));
            Assert.Equal(wanted, window.IsNew(number));
            Assert.Equal(wanted, window.TryAdd(number));
            if (wanted)
            {
                seen.Add(number);
                latest = Math.Max(latest, number);
            }
        }
    });
}
