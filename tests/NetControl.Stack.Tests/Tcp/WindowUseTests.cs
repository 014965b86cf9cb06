using NetControl.Stack.Tcp;

namespace NetControl.Stack.Tests.Tcp;

/// <summary>Which window counts as used.</summary>
public sealed class WindowUseTests
{
    [Fact]
    public void Filled_IsRememberedUntilWhatFilledItIsAcknowledged()
    {
        WindowUse use = default;
        Assert.False(use.Filled);
        use.OnSent(At(0), At(10_000), filled: true);
        use.OnSent(At(2000), At(10_000), filled: false);
        Assert.True(use.Filled);
        use.OnSent(At(10_000), At(12_000), filled: false);
        Assert.False(use.Filled);
    }

    private static SequenceNumber At(uint offset) => new SequenceNumber(0xFFFF_F000) + offset;
}
