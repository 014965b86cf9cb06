using NetControl.Engine.Hardening;
using NetControl.Server.Hosting;

namespace NetControl.Server.Tests.Hosting;

public sealed class NeededCapabilitiesTests
{
    private const Capabilities Always = Capabilities.NetAdmin;

    [Theory]
    [InlineData("", Always)]
    [InlineData("devices: [{name: devices/tun0}]", Always)]
    [InlineData("listen: {grpc: [\"http://127.0.0.1:50051\", \"unix:/run/n.sock\"], http: \"off\"}", Always)]
    [InlineData("listen: {grpc: [\"http://127.0.0.1:50051\", \"http://127.0.0.1:1023\"]}", Always | Capabilities.BindLowPorts)]
    [InlineData("listen: {json: [\"https://[::1]:443\"]}", Always | Capabilities.BindLowPorts)]
    [InlineData("listen: {http: \"http://0.0.0.0:80\"}", Always | Capabilities.BindLowPorts)]
    [InlineData("listen: {health: \"http://0.0.0.0:81\"}", Always | Capabilities.BindLowPorts)]
    [InlineData("listen: {http: \"http://127.0.0.1:0\"}", Always)]
    [InlineData("listen: {http: \"http://127.0.0.1:1024\"}", Always)]
    [InlineData("listen: {unix: {group: netcontrol}}", Always | Capabilities.ChangeOwner)]
    [InlineData("listen: {unix: {owner: root, mode: \"0600\"}, http: \"http://localhost:80\"}",
        Always | Capabilities.ChangeOwner | Capabilities.BindLowPorts)]
    [InlineData("listen: {unix: {peers: [{group: netcontrol, role: VIEWER}]}}", Always)]
    [InlineData("x: &a [\"http://127.0.0.1:80\"]\nlisten: {grpc: *a}", Always | Capabilities.BindLowPorts)]
    [InlineData("listen: [", Always)]
    [InlineData("listen: 7", Always)]
    [InlineData("- listen", Always)]
    public void Of_AConfiguration_IsWhatItsListenersNeed(string yaml, Capabilities needed) => Assert.Equal(needed, NeededCapabilities.Of(yaml));
}
