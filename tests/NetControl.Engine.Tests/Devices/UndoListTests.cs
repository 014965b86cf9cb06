using NetControl.Engine.Devices;

namespace NetControl.Engine.Tests.Devices;

/// <summary>Taking back runs last first, once, and to its end.</summary>
public sealed class UndoListTests
{
    [Fact]
    public void Run_TakesBackLastFirst_ReportsFailuresAndGoesOn()
    {
        List<string> seen = [];
        UndoList list = new();
        list.Add("first", () => seen.Add("first"));
        list.Add("second", () => throw new InvalidOperationException("no"));
        list.Add("third", () => seen.Add("third"));

        list.Run((what, failure) => seen.Add($"{what}: {failure.Message}"));
        list.Run((what, _) => seen.Add($"again {what}"));

        Assert.Equal("third, second: no, first", string.Join(", ", seen));
    }
}
