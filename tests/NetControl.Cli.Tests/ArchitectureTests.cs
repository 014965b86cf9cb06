using NetControl.Testing;

namespace NetControl.Cli.Tests;

/// <summary>Holds the project arrows of the house style: what this layer may refer to, and nothing else.</summary>
public sealed class ArchitectureTests
{
    [Fact]
    public void Readme_NamesEveryFolder() => Assert.Empty(ArchitectureRules.FoldersAgainstReadme("NetControl.Cli"));

    [Fact]
    public void References_AreOnlyTheProtocol() =>
        Assert.Empty(ArchitectureRules.ForbiddenReferences(typeof(Cli.Commands.NetctlCommand).Assembly, "NetControl.Protocol"));
}
