using NetControl.Server.Gateway;

namespace NetControl.Server.Tests.Gateway;

public sealed class PathTemplateTests
{
    [Theory]
    [InlineData("/v1/devices", "/v1/devices", "")]
    [InlineData("/v1/{name=devices/*}", "/v1/devices/tun0", "devices/tun0")]
    [InlineData("/v1/{name=devices/*}:drain", "/v1/devices/tun0:drain", "devices/tun0")]
    [InlineData("/v1/{name=devices/*/sessions/*}", "/v1/devices/tun0/sessions/17", "devices/tun0/sessions/17")]
    [InlineData("/v1/{parent=devices/*}/sessions", "/v1/devices/-/sessions", "devices/-")]
    [InlineData("/v1/{id}", "/v1/a%2Fb%20c", "a/b c")]
    [InlineData("/v1/{name=devices/*}", "/v1/devices/a%2Fb%20c", "devices/a%2Fb c")]
    [InlineData("/v1/{rest=**}", "/v1/a/b/c", "a/b/c")]
    [InlineData("/a.b.C/D", "/a.b.C/D", "")]
    public void Path_ThatFits_GivesTheVariables(string template, string path, string value)
    {
        Assert.True(PathTemplate.Parse(template).TryMatch(path, out string[] values));
        Assert.Equal(value, values.SingleOrDefault(""));
    }

    [Theory]
    [InlineData("/v1/devices", "/v1/devices/")]
    [InlineData("/v1/devices", "/v1/device")]
    [InlineData("/v1/{name=devices/*}", "/v1/devices/")]
    [InlineData("/v1/{name=devices/*}", "/v1/devices/a/b")]
    [InlineData("/v1/{name=devices/*}", "/v1/devices/a:drain")]
    [InlineData("/v1/{name=devices/*}:drain", "/v1/devices/a")]
    [InlineData("/v1/{name=devices/*}:drain", "/v1/devices/a:resume")]
    [InlineData("/v1/sessions:close", "/v1/sessions")]
    public void Path_ThatDoesNot_IsRefused(string template, string path) =>
        Assert.False(PathTemplate.Parse(template).TryMatch(path, out _));
}
