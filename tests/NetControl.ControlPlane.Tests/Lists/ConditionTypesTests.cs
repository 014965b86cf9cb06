using NetControl.ControlPlane.Conditions;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Tests.Fakes;

namespace NetControl.ControlPlane.Tests.Lists;

/// <summary>A filter refuses a condition that no resource has: so whatever condition one has must be known to it.</summary>
public sealed class ConditionTypesTests
{
    [Fact]
    public async Task TheConditionsOfResources_AreThoseThatFiltersKnow()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        await test.Plane.Devices.CreateAsync(new DeviceDraft { Name = "devices/tun1", KillSwitch = true }, "", MutationContext.Internal);
        Assert.Equal(ConditionRules.DeviceTypes.Order(), Types(test.Plane.Devices.All().SelectMany(d => d.Conditions)));
        Assert.Equal(ConditionRules.DelegateTypes.Order(), Types(test.Plane.Delegates.All().SelectMany(d => d.Conditions)));
        Assert.Equal(ConditionRules.ProxyTypes.Order(), Types(test.Plane.Proxies.All().SelectMany(p => p.Conditions)));
    }

    private static IEnumerable<string> Types(IEnumerable<Condition> conditions) =>
        conditions.Select(c => c.Type).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
}
