using NetControl.ControlPlane.Validation;
using NetControl.Server.Hosting;
using NetControl.Server.Security;
using NetControl.Server.Security.Certificates;
using NetControl.Server.Security.Tokens;
using NetControl.Testing.Certificates;

namespace NetControl.Server.Tests.Security;

public sealed class ParserTests
{
    private const string Hash = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    [Fact]
    public void TokenFile_IsReadWithCommentsAndTimes()
    {
        ViolationList faults = new();
        IReadOnlyList<TokenEntry> entries = TokenFile.Parse($"# who\n\n  ci\toperator {Hash} expires=2027-01-01T00:00:00Z\r\nboss admin {Hash.Replace('a', 'A')
            .Replace("shA", "sha", StringComparison.Ordinal)}", "f", faults);
        Assert.Empty(faults.Items);
        Assert.Equal(
            [new TokenEntry("ci", Role.Operator, Hash[7..], new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero)), new TokenEntry("boss", Role.Admin, Hash[7..], null)],
            entries);
        Assert.Equal($"ci operator {Hash} expires=2027-01-01T00:00:00Z", TokenFile.Format(entries[0]));
    }

    [Theory]
    [InlineData("ci operator", "has not 3 or 4 words")]
    [InlineData("ci king " + Hash, "has no known role")]
    [InlineData("c!i viewer " + Hash, "does not begin with a name")]
    [InlineData("ci viewer nct_secret", "has no hash")]
    [InlineData("ci viewer " + Hash + " soon", "has no readable time")]
    [InlineData("ci viewer " + Hash + " expires=soon", "has no readable time")]
    [InlineData("ci viewer " + Hash + "\nci admin " + Hash, "line 2 gives \"ci\" a second role")]
    public void TokenFile_OfOneFault_SaysLineAndFix_AndNeverTheToken(string text, string problem)
    {
        ViolationList faults = new();
        TokenFile.Parse(text, "f", faults);
        string said = Assert.Single(faults.Items).ToString();
        Assert.Contains(problem, said, StringComparison.Ordinal);
        Assert.DoesNotContain("nct_secret", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokens_AreLongAndDifferent_AndHashToHexadecimal()
    {
        string a = TokenSecret.Create();
        Assert.NotEqual(a, TokenSecret.Create());
        Assert.Equal(47, a.Length);
        Assert.Matches("^[0-9a-f]{64}$", TokenSecret.Hash(a));
    }

    [Theory]
    [InlineData("uri:spiffe://a/b", "uri:spiffe://a/b", true)]
    [InlineData("uri:spiffe://a/*", "uri:spiffe://a/b", true)]
    [InlineData("uri:spiffe://a/*", "uri:spiffe://a/b/c", false)]
    [InlineData("uri:spiffe://a/*/sa/*", "uri:spiffe://a/x/sa/y", true)]
    [InlineData("uri:spiffe://a/b", "uri:spiffe://a/B", false)]
    [InlineData("uri:spiffe://a/b", "dns:spiffe://a/b", false)]
    [InlineData("dns:*.example.org", "dns:a.example.org", true)]
    [InlineData("dns:*.example.org", "dns:a.b.example.org", false)]
    [InlineData("dns:*.Example.org", "dns:A.EXAMPLE.ORG", true)]
    [InlineData("dns:*.example.org", "dns:example.org", false)]
    [InlineData("email:*@example.org", "email:a@example.org", true)]
    [InlineData("email:*@example.org", "email:a@evil.org@example.org", false)]
    [InlineData("cn:op-*", "cn:op-1", true)]
    [InlineData("cn:*", "cn:anything at all", true)]
    [InlineData("cn:a*b*c", "cn:aXbXbXc", true)]
    [InlineData("cn:a*b", "cn:aXbX", false)]
    public void Pattern_FitsWithinItsSeparators(string pattern, string name, bool fits)
    {
        Assert.True(CertificateRule.TryParse(pattern, Role.Viewer, out CertificateRule? rule));
        int colon = name.IndexOf(':', StringComparison.Ordinal);
        Assert.Equal(fits, rule.Fits(new CertificateName(name[..colon], name[(colon + 1)..])));
    }

    [Theory]
    [InlineData("spiffe://a")]
    [InlineData("uri:")]
    [InlineData("*")]
    [InlineData("")]
    [InlineData("CN=x")]
    public void Pattern_WithoutAKind_IsRefused(string pattern) => Assert.False(CertificateRule.TryParse(pattern, Role.Viewer, out _));

    [Fact]
    public void Names_OfACertificate_AreAllFound()
    {
        using TestAuthority authority = new("a");
        using var certificate = authority.Issue("common", TestAuthority.ClientUsage, names =>
        {
            names.AddUri(new Uri("spiffe://a/b"));
            names.AddDnsName("a.example");
            names.AddEmailAddress("a@example");
            names.AddIpAddress(System.Net.IPAddress.Loopback);
        });
        Assert.Equal(["cn:common", "dns:a.example", "email:a@example", "uri:spiffe://a/b"],
            CertificateName.Of(certificate).Select(n => n.ToString()).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("90d", 90 * 24 * 60)]
    [InlineData("30m", 30)]
    [InlineData("720h", 720 * 60)]
    [InlineData("1970-01-02T00:00:00Z", 24 * 60)]
    [InlineData("soon", null)]
    [InlineData("0h", null)]
    [InlineData("", null)]
    public void Expiry_IsATimeOrADuration(string text, int? minutes) =>
        Assert.Equal(minutes, (int?)(TokenCommand.ParseExpiry(text, DateTimeOffset.UnixEpoch) - DateTimeOffset.UnixEpoch)?.TotalMinutes);
}
