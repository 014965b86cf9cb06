using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using NetControl.ControlPlane.Specs;
using NetControl.Server.Configuration;

namespace NetControl.Server.Tests.Configuration;

/// <summary>The YAML that README shows is read as netcontrold reads it.</summary>
public sealed partial class ReadmeTests
{
    [Fact]
    public void EveryConfiguration_IsRight_ButForWhatItLeavesOut()
    {
        MatchCollection shown = Yaml().Matches(Readme());
        Assert.True(shown.Count >= 7, $"{shown.Count} were found");
        foreach (string yaml in shown.Select(match => match.Groups["text"].Value))
        {
            try
            {
                ConfigurationLoader.Load(yaml.Replace("group: netcontrol", "group: root", StringComparison.Ordinal)); // which this machine has
            }
            catch (ConfigurationException e)
            {
                // What an excerpt names may be declared elsewhere.
                Assert.All(e.Violations, violation => Assert.True(violation.Reason == "NOT_FOUND", $"{violation}\n{yaml}"));
            }
        }
    }

    [Fact]
    public void Caps_AreThoseThatAreShown()
    {
        string yaml = Yaml().Matches(Readme()).Select(match => match.Groups["text"].Value).Single(text => text.Contains("maxSessionsPerSource", StringComparison.Ordinal));
        ServerConfiguration read = ConfigurationLoader.Load(yaml);
        DeviceDraft device = Assert.Single(read.Desired.Devices);
        Assert.Equal((100_000L, 20_000L, 5_000L, 500L, 200L),
            (read.Engine.MaxSessions, device.Limits.MaxTcpSessions, device.Limits.MaxUdpSessions, device.Limits.MaxSessionsPerSource,
                device.Limits.MaxSessionsPerDestination));
    }

    private static string Readme([CallerFilePath] string here = "") =>
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "../../../README.md"));

    [GeneratedRegex("^```yaml\n(?<text>.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Yaml();
}
