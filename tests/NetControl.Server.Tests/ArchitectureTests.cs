using NetControl.Testing;

namespace NetControl.Server.Tests;

/// <summary>Holds the project arrows of the house style: what this layer may refer to, and nothing else.</summary>
public sealed class ArchitectureTests
{
    [Fact]
    public void Readme_NamesEveryFolder() => Assert.Empty(ArchitectureRules.FoldersAgainstReadme("NetControl.Server"));

    [Fact]
    public void References_AreOnlyTheLayersBelow()
    {
        Assert.Empty(ArchitectureRules.ForbiddenReferences(
            typeof(Server.Hosting.ServerProcess).Assembly, "NetControl.ControlPlane", "NetControl.Protocol", "NetControl.Engine",
                "NetControl.Transport", "NetControl.Network"));
        Assert.Empty(ArchitectureRules.ForbiddenReferences(typeof(Protocol.V1.Device).Assembly));
    }
}
