using NetControl.Stack.Tcp;
using NetControl.Stack.Tcp.Congestion;

namespace NetControl.Stack.Tests.Tcp;

/// <summary>Which window counts as used.</summary>
public sealed class WindowUseTests
{
    [Fact]
    public void Filled_IsRememberedUntilWhatFilledItIsAcknowledged()
    {
        NewReno avoidance = Avoiding();
        WindowUse use = default;
        use.OnSent(At(0), At(10_000), filled: true);
        use.OnSent(At(2000), At(10_000), filled: false);
        Assert.True(use.Allows(avoidance));
        use.OnSent(At(10_000), At(12_000), filled: false);
        Assert.False(use.Allows(avoidance));
    }

    [Fact]
    public void NotFilled_TheMostOfTheRoundTripCounts_InSlowStart()
    {
        NewReno start = new();
        start.Start(1000);
        WindowUse use = default;
        use.OnSent(At(0), At(5000), filled: false);
        Assert.False(use.Allows(start));
        use.OnSent(At(1000), At(6500), filled: false);
        Assert.True(use.Allows(start));
        use.OnSent(At(4000), At(6500), filled: false);
        Assert.True(use.Allows(start));
        use.OnSent(At(6500), At(7000), filled: false);
        Assert.False(use.Allows(start));
        Assert.False(use.Allows(Avoiding()));
    }

    private static SequenceNumber At(uint offset) => new SequenceNumber(0xFFFF_F000) + offset;

    private static NewReno Avoiding()
    {
        NewReno control = new();
        control.Start(1000);
        control.OnLoss(20_000, default);
        return control;
    }
}
