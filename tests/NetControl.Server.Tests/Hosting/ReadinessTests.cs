using NetControl.ControlPlane.Delegates;
using NetControl.ControlPlane.Health;
using NetControl.ControlPlane.Registry;
using NetControl.Server.Hosting;

namespace NetControl.Server.Tests.Hosting;

public sealed class ReadinessTests
{
    [Theory]
    [InlineData("devices/tun0", ProxyCondition.Unhealthy, true)]
    [InlineData("devices/tun0", ProxyCondition.Healthy, false)]
    [InlineData("devices/tun0", ProxyCondition.Unknown, false)] // a process that has just begun is not held back
    [InlineData(null, ProxyCondition.Unhealthy, false)] // nobody's way out
    public void Delegate_FailsWhenItsProxyDoes(string? user, ProxyCondition condition, bool expected)
    {
        DelegateView view = new(new ResourceMeta("delegates/egress", "u", "e", 1, default, default), "proxies/a", false, user is null ? [] : [user], [])
        {
            Health =
            [
                new ProxyHealth { Proxy = "proxies/b", Condition = ProxyCondition.Unhealthy, Reason = "", Since = default },
                new ProxyHealth { Proxy = "proxies/a", Condition = condition, Reason = "", Since = default },
            ],
        };
        Assert.Equal(expected, Readiness.Fails(view));
    }
}
