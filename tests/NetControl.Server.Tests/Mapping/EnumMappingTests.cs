using NetControl.Server.Mapping;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Tests.Mapping;

/// <summary>Mappings that cast rely on the two enums having the same values: these tests are what makes the casts right.</summary>
public sealed class EnumMappingTests
{
    [Fact]
    public void Causes_HaveTheSameValues() =>
        Assert.Equal(
            Enum.GetValues<Engine.Sessions.SessionCause>().Skip(1).Select(c => ((int)c, c.ToString())),
            Enum.GetValues<V1.SessionCause>().Skip(1).Select(c => ((int)c, c.ToString())));

    [Fact]
    public void States_AreOneApart() =>
        Assert.Equal(
            Enum.GetValues<Engine.Sessions.SessionState>().Select(s => ((int)s + 1, s.ToString())),
            Enum.GetValues<V1.Session.Types.State>().Skip(1).Select(s => ((int)s, s.ToString())));

    [Fact]
    public void EventKinds_AreOneApart() =>
        Assert.Equal(
            Enum.GetValues<Engine.Sessions.SessionEventKind>().Select(k => ((int)k + 1, k.ToString())),
            Enum.GetValues<V1.SessionEvent.Types.Kind>().Skip(1).Select(k => ((int)k, k.ToString())));

    [Theory]
    [InlineData("EtagMismatch", "ETAG_MISMATCH")]
    [InlineData("NotFound", "NOT_FOUND")]
    public void Words_BecomeReasons(string name, string reason) => Assert.Equal(reason, Words.UpperSnake(name));
}
