using NetControl.Testing;

namespace NetControl.Stack.Tests;

/// <summary>Holds the project arrows of the house style: what this layer may refer to, and nothing else.</summary>
public sealed class ArchitectureTests
{
    [Fact]
    public void Readme_NamesEveryFolder() => Assert.Empty(ArchitectureRules.FoldersAgainstReadme("NetControl.Stack"));

    [Fact]
    public void References_AreOnlyTheLayersBelow()
    {
        Assert.Empty(ArchitectureRules.ForbiddenReferences(typeof(NetControl.Stack.Instant).Assembly, "NetControl.Network"));
    }
}
