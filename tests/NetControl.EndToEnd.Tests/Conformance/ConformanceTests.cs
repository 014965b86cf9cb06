using System.Reflection;

namespace NetControl.EndToEnd.Tests.Conformance;

/// <summary>What the RFCs ask of a host, asked through a real TUN by raw packets. The scenarios are the methods of the classes beside this one.</summary>
public sealed class ConformanceTests(ConformanceWorld world) : IClassFixture<ConformanceWorld>
{
    public static IEnumerable<TheoryDataRow<string, string>> All =>
        from MethodInfo scenario in ConformanceWorld.All
        from string family in ConformanceWorld.FamiliesOf(scenario)
        select new TheoryDataRow<string, string>(scenario.Name, family);

    [Theory]
    [MemberData(nameof(All))]
    public Task Scenario(string name, string family) => world.RunAsync(name, family);
}
