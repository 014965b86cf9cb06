using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Proxies;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Tests.Fakes;

namespace NetControl.ControlPlane.Tests.Registry;

public sealed class RegistryTests
{
    // Optimistic concurrency: of all callers that read the same etag, exactly one may win.
    [Fact]
    public async Task Update_FromManyReadersOfOneEtag_SucceedsOnce()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        for (int round = 0; round < 50; round++)
        {
            string etag = test.Plane.Proxies.Get("proxies/b").Meta.Etag;
            bool[] won = await Task.WhenAll(Enumerable.Range(0, 4).Select(n => Task.Run(async () =>
            {
                try
                {
                    ProxyPatch patch = new() { SetsUdpIdleTimeout = true, UdpIdleTimeout = TimeSpan.FromSeconds(n + 1) };
                    await test.Plane.Proxies.UpdateAsync("proxies/b", patch, etag, MutationContext.Internal);
                    return true;
                }
                catch (ControlPlaneException e) when (e.Error == ControlPlaneError.EtagMismatch)
                {
                    return false;
                }
            })));
            Assert.Single(won, true);
        }

        Assert.Equal(51, test.Plane.Proxies.Get("proxies/b").Meta.Generation);
    }

    // Patches of different fields must not undo each other, however they interleave.
    [Fact]
    public async Task Update_OfDifferentFieldsAtOnce_LosesNeither()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        for (int i = 1; i <= 50; i++)
        {
            int seconds = i;
            await Task.WhenAll(
                Update(new ProxyPatch { Config = $"socks5://h{seconds}:1080" }),
                Update(new ProxyPatch { SetsUdpIdleTimeout = true, UdpIdleTimeout = TimeSpan.FromSeconds(seconds) }));
            ProxyView view = test.Plane.Proxies.Get("proxies/b");
            Assert.Equal(($"socks5://h{seconds}:1080", TimeSpan.FromSeconds(seconds)), (view.Config, view.UdpIdleTimeout));
        }

        Task Update(ProxyPatch patch) =>
            Task.Run(() => test.Plane.Proxies.UpdateAsync("proxies/b", patch, "", MutationContext.Internal));
    }

    [Fact]
    public async Task Etag_AfterDeleteAndCreate_NeverMatchesAgain()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        string old = test.Plane.Proxies.Get("proxies/b").Meta.Etag;
        await test.Plane.Proxies.DeleteAsync("proxies/b", old, false, MutationContext.Internal);
        await test.Plane.Proxies.CreateAsync(new ProxyDraft { Name = "proxies/b" }, "", MutationContext.Internal);
        await Assert.ThrowsAsync<ControlPlaneException>(() => test.Plane.Proxies.DeleteAsync("proxies/b", old, false, MutationContext.Internal));
    }

    [Fact]
    public async Task Secrets_NeverComeBack()
    {
        using TestPlane test = await TestPlane.WithDeviceAsync();
        Assert.Equal("socks5://REDACTED@127.0.0.1:1080", test.Plane.Proxies.Get("proxies/a").Config);
        ControlPlaneException e = await Assert.ThrowsAsync<ControlPlaneException>(() => test.Plane.Proxies.CreateAsync(new ProxyDraft { Name = "proxies/c", Config = "socks5://u:secret@h" }, "", MutationContext.Internal));
        Assert.DoesNotContain("secret", e.Message, StringComparison.Ordinal);
    }
}
