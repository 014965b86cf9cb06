using CsCheck;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Proxies;
using NetControl.ControlPlane.Registry;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Tests.Fakes;

namespace NetControl.ControlPlane.Tests.Registry;

public sealed class RegistryTests
{
    // Optimistic concurrency: of all callers that read the same etag, exactly one may win.
    [Fact]
    public async Task Update_FromManyReadersOfOneEtag_SucceedsOnce()
    {
        using TestPlane test = new TestPlane().WithDevice();
        for (int round = 0; round < 50; round++)
        {
            string etag = test.Plane.Proxies.Get("proxies/b").Meta.Etag;
            bool[] won = await Task.WhenAll(Enumerable.Range(0, 4).Select(n => Task.Run(() =>
            {
                try
                {
                    ProxyPatch patch = new() { SetsUdpIdleTimeout = true, UdpIdleTimeout = TimeSpan.FromSeconds(n + 1) };
                    test.Plane.Proxies.Update("proxies/b", patch, etag, false);
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
        using TestPlane test = new TestPlane().WithDevice();
        for (int i = 1; i <= 50; i++)
        {
            int seconds = i;
            await Task.WhenAll(
                Task.Run(() => test.Plane.Proxies.Update("proxies/b", new ProxyPatch { Config = $"socks5://h{seconds}:1080" }, "", false)),
                Task.Run(() => test.Plane.Proxies.Update(
                    "proxies/b", new ProxyPatch { SetsUdpIdleTimeout = true, UdpIdleTimeout = TimeSpan.FromSeconds(seconds) }, "", false)));
            ProxyView view = test.Plane.Proxies.Get("proxies/b");
            Assert.Equal(($"socks5://h{seconds}:1080", TimeSpan.FromSeconds(seconds)), (view.Config, view.UdpIdleTimeout));
        }
    }

    [Fact]
    public void Paging_AnySize_VisitsEveryNameOnceInOrder() =>
        Gen.Select(Gen.Int[1, 7], Gen.Int[0, 30]).Sample((size, count) =>
        {
            using TestPlane test = new();
            for (int i = 0; i < count; i++)
            {
                test.Plane.Proxies.Create(new ProxyDraft { Name = $"proxies/p{i:00}" }, "", false);
            }

            List<string> seen = [];
            string token = "";
            do
            {
                Page<ProxyView> page = test.Plane.Proxies.List(size, token);
                seen.AddRange(page.Items.Select(p => p.Meta.Name));
                token = page.NextPageToken;
            }
            while (token.Length > 0);
            Assert.Equal(Enumerable.Range(0, count).Select(i => $"proxies/p{i:00}"), seen);
        }, iter: 50);

    [Fact]
    public void PageToken_OfAnotherList_IsRefused()
    {
        using TestPlane test = new TestPlane().WithDevice();
        string token = test.Plane.Proxies.List(1, "").NextPageToken;
        Assert.Throws<ControlPlaneException>(() => test.Plane.Delegates.List(1, token));
        Assert.Throws<ControlPlaneException>(() => test.Plane.Proxies.List(1, "garbage"));
        Assert.Throws<ControlPlaneException>(() => test.Plane.Proxies.List(-1, ""));
    }

    [Fact]
    public void Etag_AfterDeleteAndCreate_NeverMatchesAgain()
    {
        using TestPlane test = new TestPlane().WithDevice();
        string old = test.Plane.Proxies.Get("proxies/b").Meta.Etag;
        test.Plane.Proxies.Delete("proxies/b", old, false, false);
        test.Plane.Proxies.Create(new ProxyDraft { Name = "proxies/b" }, "", false);
        Assert.Throws<ControlPlaneException>(() => test.Plane.Proxies.Delete("proxies/b", old, false, false));
    }

    [Fact]
    public void Secrets_NeverComeBack()
    {
        using TestPlane test = new TestPlane().WithDevice();
        Assert.Equal("socks5://REDACTED@127.0.0.1:1080", test.Plane.Proxies.Get("proxies/a").Config);
        ControlPlaneException e = Assert.Throws<ControlPlaneException>(
            () => test.Plane.Proxies.Create(new ProxyDraft { Name = "proxies/c", Config = "socks5://u:secret@h" }, "", false));
        Assert.DoesNotContain("secret", e.Message, StringComparison.Ordinal);
    }
}
