using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Registry;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Tests.Fakes;

namespace NetControl.ControlPlane.Tests.Registry;

/// <summary>What all four directories promise, whatever they hold.</summary>
public sealed class ResourceDirectoryTests : IAsyncLifetime
{
    private static readonly string[] s_names = ["devices/tun0", "delegates/egress", "policies/default", "proxies/a"];
    private TestPlane _test = null!;

    public async ValueTask InitializeAsync()
    {
        _test = await TestPlane.WithDeviceAsync();
        await _test.Plane.Policies.CreateAsync(new PolicyDraft { Name = "policies/default" }, "", MutationContext.Internal);
    }

    public ValueTask DisposeAsync()
    {
        _test.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task OtherKindsNames_AreUnknown_EvenByForce()
    {
        NetControlPlane plane = _test.Plane;
        await RefuseAsync(plane.Devices, ResourceName.Devices, plane.Devices.DeleteAsync);
        await RefuseAsync(plane.Delegates, ResourceName.Delegates, plane.Delegates.DeleteAsync);
        await RefuseAsync(plane.Policies, ResourceName.Policies, plane.Policies.DeleteAsync);
        await RefuseAsync(plane.Proxies, ResourceName.Proxies, plane.Proxies.DeleteAsync);
        Assert.Equal(s_names, (string[])[plane.Devices.Get(s_names[0]).Meta.Name, plane.Delegates.Get(s_names[1]).Meta.Name,
            plane.Policies.Get(s_names[2]).Meta.Name, plane.Proxies.Get(s_names[3]).Meta.Name]);
    }

    private static async Task RefuseAsync<TView>(ResourceDirectory<TView> directory, string collection,
        Func<string, string, bool, MutationContext, Task<Deleted>> delete)
        where TView : class
    {
        foreach (string name in s_names.Where(name => !ResourceName.Is(name, collection)))
        {
            Assert.Equal(ControlPlaneError.NotFound, Assert.Throws<ControlPlaneException>(() => directory.Get(name)).Error);
            ControlPlaneException refused = await Assert.ThrowsAsync<ControlPlaneException>(
                () => delete(name, "", true, MutationContext.Internal));
            Assert.Equal((ControlPlaneError.NotFound, name), (refused.Error, refused.Resource));
        }
    }
}
