using NetControl.Server.Limits;
using NetControl.Testing;

namespace NetControl.Server.Tests.Limits;

public sealed class CallerBudgetsTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly CallLimits _limits = new() { CallsPerSecond = 10, CallBurst = 3, MaxWatchersPerCaller = 2, MaxWatchers = 3 };

    [Fact]
    public void Calls_BeyondTheBurst_WaitForTheRate_AndOnlyTheirOwnCaller()
    {
        CallerBudgets budgets = new(_limits, _time);
        Assert.All(Enumerable.Range(0, 3), _ => Assert.True(budgets.TryCall("a", out TimeSpan _)));
        Assert.False(budgets.TryCall("a", out TimeSpan wait));
        Assert.Equal(TimeSpan.FromMilliseconds(100), wait);
        Assert.True(budgets.TryCall("b", out TimeSpan _));
        _time.Advance(wait);
        Assert.True(budgets.TryCall("a", out TimeSpan _));
        Assert.False(budgets.TryCall("a", out TimeSpan _));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(_ => budgets.TryCall("a", out TimeSpan _)));
    }

    [Fact]
    public void Watchers_AreBoundedForOneAndForAll_AndComeBack()
    {
        CallerBudgets budgets = new(_limits, _time);
        Assert.Equal([true, true, false], Enumerable.Range(0, 3).Select(_ => budgets.TryEnter("a")));
        Assert.Equal([true, false], Enumerable.Range(0, 2).Select(_ => budgets.TryEnter("b")));
        budgets.Leave("a");
        Assert.True(budgets.TryEnter("b"));
        Assert.Equal(3, budgets.Watchers);
    }

    [Fact]
    public void StrangersWhoWatchHealth_TakeNobodysPlace()
    {
        CallerBudgets budgets = new(_limits, _time);
        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(i => budgets.TryEnter($"open:{i}", stranger: true)));
        Assert.True(budgets.TryEnter("a"));
        budgets.Leave("open:0", stranger: true);
        Assert.True(budgets.TryEnter("open:4", stranger: true));
    }

    [Fact]
    public void Strangers_WhoAreQuietAgain_AreForgotten()
    {
        CallerBudgets budgets = new(_limits, _time);
        Assert.True(budgets.TryEnter("held"));
        for (int i = 0; i < 100_000; i++)
        {
            Assert.True(budgets.TryCall($"stranger {i}", out TimeSpan _));
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.InRange(budgets.Callers, 1, 5000);
        Assert.True(budgets.TryEnter("held"));
        Assert.False(budgets.TryEnter("held"));
    }
}
