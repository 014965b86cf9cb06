using NetControl.Stack.Storage;

namespace NetControl.Stack.Tests.Storage;

/// <summary>A device's part of a loop's memory: bounded by itself, and by the whole only beyond its fair share.</summary>
public sealed class ChunkPoolPartTests
{
    [Fact]
    public void Part_OverItsOwnBudget_SaysSo_AndTheOthersDoNot()
    {
        ChunkPool whole = new(100 * ChunkPool.ChunkSize);
        ChunkPool small = new(whole, 4 * ChunkPool.ChunkSize);
        ChunkPool other = new(whole, 50 * ChunkPool.ChunkSize);
        byte[][] chunks = [.. Enumerable.Range(0, 4).Select(_ => small.Rent())];
        Assert.Equal((true, false, false), (small.IsOverBudget, other.IsOverBudget, whole.IsOverBudget));
        Assert.Equal((4L * ChunkPool.ChunkSize, 4L * ChunkPool.ChunkSize), (small.BytesInUse, whole.BytesInUse));
        small.Return(chunks[0]);
        Assert.False(small.IsOverBudget);
    }

    [Fact]
    public void Whole_OverItsBudget_ClosesOnlyThoseBeyondTheirFairShare()
    {
        ChunkPool whole = new(8 * ChunkPool.ChunkSize);
        ChunkPool greedy = new(whole, 8 * ChunkPool.ChunkSize);
        ChunkPool modest = new(whole, 8 * ChunkPool.ChunkSize);
        for (int i = 0; i < 7; i++)
        {
            greedy.Rent();
        }

        modest.Rent();
        Assert.Equal((true, false), (greedy.IsOverBudget, modest.IsOverBudget));
        modest.Detach();
        Assert.Equal((true, false), (greedy.IsTight, modest.IsTight));
    }
}
