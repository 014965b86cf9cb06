using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Validation;

namespace NetControl.ControlPlane.Tests.Validation;

public sealed class DesiredStateValidatorTests
{
    [Fact]
    public void References_ToWhatIsNotDeclared_SuggestTheNearestName()
    {
        DesiredState desired = new()
        {
            Proxies = [new ProxyDraft { Name = "proxies/upstream" }],
            Delegates = [new DelegateDraft("delegates/egress", "proxies/upstraem")],
            Devices = [new DeviceDraft { Name = "devices/tun0", StreamDialer = "delegates/egres", PacketProxy = "proxies/other-one" }],
        };
        Assert.Equal(
            [
                "delegates[0].proxy: \"proxies/upstraem\" is not declared; did you mean proxies/upstream?",
                "devices[0].streamDialer: \"delegates/egres\" is not declared; did you mean delegates/egress?",
                "devices[0].packetProxy: \"proxies/other-one\" is not declared; declare it, or write one of proxies/upstream",
            ],
            Violations(desired));
    }

    [Fact]
    public void Names_Twice_AreReported()
    {
        DesiredState desired = new() { Proxies = [new ProxyDraft { Name = "proxies/a" }, new ProxyDraft { Name = "proxies/a" }] };
        Assert.Equal(["proxies[1].name: \"proxies/a\" is there twice; give one of the two another name"], Violations(desired));
    }

    [Fact]
    public void Devices_ThatShareInterfaceAddressOrRoute_AreReported()
    {
        DesiredState desired = new()
        {
            Devices =
            [
                new DeviceDraft { Name = "devices/tun0", Addresses = ["10.77.0.1/24"], Routes = ["198.18.0.0/15"] },
                new DeviceDraft { Name = "devices/tun1", Interface = "tun0", Addresses = ["10.77.0.2/16"],
                    Routes = ["198.18.0.0/15", "198.18.0.0/16"] },
            ],
        };
        Assert.Equal(
            [
                "devices[1].interface: \"tun0\" is the interface of devices/tun0; write another one",
                "devices[1].addresses[0]: \"10.77.0.2/16\" overlaps 10.77.0.1/24 of devices/tun0; write an address of another network",
                "devices[1].routes[0]: \"198.18.0.0/15\" is routed into devices/tun0 already; leave it out of one of the two",
            ],
            Violations(desired));
    }

    private static List<string> Violations(DesiredState desired)
    {
        ViolationList list = new();
        DesiredStateValidator.Validate(desired, list);
        return [.. list.Items.Select(v => v.ToString())];
    }
}
