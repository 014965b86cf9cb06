using NetControl.Testing;

namespace NetControl.ControlPlane.Tests;

/// <summary>Holds the project arrows of the house style: what this layer may refer to, and nothing else.</summary>
public sealed class ArchitectureTests
{
    [Fact]
    public void Readme_NamesEveryFolder() => Assert.Empty(ArchitectureRules.FoldersAgainstReadme("NetControl.ControlPlane"));

    [Fact]
    public void References_AreOnlyTheLayersBelow()
    {
        Assert.Empty(ArchitectureRules.ForbiddenReferences(typeof(NetControl.ControlPlane.NetControlPlane).Assembly, "NetControl.Network",
            "NetControl.Transport", "NetControl.Engine"));
    }
}
