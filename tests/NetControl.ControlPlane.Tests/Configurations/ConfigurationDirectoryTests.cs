using CsCheck;
using NetControl.ControlPlane.Configurations;
using NetControl.ControlPlane.Devices;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.State;
using NetControl.ControlPlane.Tests.Fakes;
using NetControl.Engine;
using NetControl.Testing;

namespace NetControl.ControlPlane.Tests.Configurations;

public sealed class ConfigurationDirectoryTests
{
    private static readonly DesiredState s_usual = new()
    {
        Proxies = [new ProxyDraft { Name = "proxies/a", Config = "socks5://u:secret@h:1080" }, new ProxyDraft { Name = "proxies/b" }],
        Delegates = [new DelegateDraft("delegates/egress", "proxies/a")],
        Devices =
        [
            new DeviceDraft
            {
                Name = "devices/tun0",
                Addresses = ["10.77.0.1/24"],
                StreamDialer = "delegates/egress",
                PacketProxy = "delegates/egress",
            },
        ],
    };

    [Fact]
    public async Task Apply_MakesEverything_InTheOrderOfTheReferences_AndThenNothing()
    {
        using TestPlane test = new();
        ApplyResult result = await ApplyAsync(test, s_usual);
        Assert.Equal(["proxies/a", "proxies/b", "delegates/egress", "devices/tun0"], result.Steps.Select(step => step.Name));
        Assert.All(result.Steps, step => Assert.Equal(PlanAction.Create, step.Action));
        Assert.Equal("proxies/a", test.Engine.Open().Egress!.ProxyName);
        ApplyResult again = await ApplyAsync(test, s_usual);
        Assert.Empty(again.Steps);
        Assert.Equal(result.Generation, again.Generation);
    }

    [Fact]
    public async Task Apply_OfWhatWasRead_KeepsTheSecretsAndChangesNothing()
    {
        using TestPlane test = new();
        await ApplyAsync(test, s_usual);
        ConfigurationView view = test.Plane.Configuration.Get();
        DesiredState read = s_usual with
        {
            Proxies = [.. view.Proxies.Select(p => new ProxyDraft { Name = p.Meta.Name, Config = p.Config, UdpIdleTimeout = p.UdpIdleTimeout })],
            Devices = [s_usual.Devices[0] with { Interface = view.Devices[0].Spec.Interface }],
        };
        Assert.Contains("REDACTED", read.Proxies[0].Config, StringComparison.Ordinal);
        Assert.Empty((await ApplyAsync(test, read, prune: true)).Steps);
    }

    [Fact]
    public async Task Apply_ChangesPlaceByPlace_AndKeepsSessions()
    {
        using TestPlane test = new();
        await ApplyAsync(test, s_usual);
        ulong old = test.Engine.Open().Id;
        DesiredState next = s_usual with { Delegates = [new DelegateDraft("delegates/egress", "proxies/b")] };
        ApplyResult result = await ApplyAsync(test, next);
        PlanStep step = Assert.Single(result.Steps);
        Assert.Equal((PlanAction.Swap, "delegates/egress", 0), (step.Action, step.Name, step.SessionsDisrupted));
        Assert.Equal("proxies/b", test.Engine.Open().Egress!.ProxyName);
        Assert.NotNull(await test.Engine.GetSessionAsync(old, CancellationToken.None));
    }

    [Fact]
    public async Task Plan_SaysWhatItWouldDo_AndDoesNothing()
    {
        using TestPlane test = new();
        await ApplyAsync(test, s_usual);
        test.Engine.Open();
        ConfigurationView before = test.Plane.Configuration.Get();
        ApplyRequest request = new(new DesiredState { Proxies = [new ProxyDraft { Name = "proxies/c" }] }) { Prune = true };
        ApplyResult plan = await test.Plane.Configuration.ApplyAsync(request, MutationContext.DryRun);
        Assert.Equal(
            [
                (PlanAction.Create, "proxies/c", 0L), (PlanAction.Delete, "devices/tun0", 1L), (PlanAction.Delete, "delegates/egress", 0L),
                (PlanAction.Delete, "proxies/a", 0L), (PlanAction.Delete, "proxies/b", 0L),
            ],
            plan.Steps.Select(step => (step.Action, step.Name, step.SessionsDisrupted)));
        Assert.Equal(before.Generation + 1, plan.Generation);
        Assert.Equal(before.Generation, test.Plane.Configuration.Get().Generation);
        Assert.Equal(1, test.Engine.LiveCount);
        await test.Plane.Configuration.ApplyAsync(request, MutationContext.Internal);
        ConfigurationView after = test.Plane.Configuration.Get();
        Assert.Equal(("proxies/c", 0, 0), (Assert.Single(after.Proxies).Meta.Name, after.Delegates.Count, after.Devices.Count));
        Assert.Equal(0, test.Engine.LiveCount);
    }

    [Fact]
    public async Task Apply_WithFaults_ReportsAllOfThem_AndChangesNothing()
    {
        using TestPlane test = new();
        await ApplyAsync(test, s_usual);
        DesiredState wrong = new()
        {
            Proxies = [new ProxyDraft { Name = "proxies/X" }, new ProxyDraft { Name = "proxies/y", Config = "socks6://h" }],
            Delegates = [new DelegateDraft("delegates/d", "proxies/none")],
            Devices = [new DeviceDraft { Name = "devices/tun1", Mtu = 5, Addresses = ["10.77.0.9/24"] }],
        };
        ControlPlaneException e = await Assert.ThrowsAsync<ControlPlaneException>(() => ApplyAsync(test, wrong));
        Assert.Equal(
            ["delegates[0].proxy", "devices[0].mtu", "proxies[0].name", "proxies[1].config"],
            e.Violations.Select(v => v.Field).Order(StringComparer.Ordinal));
        Assert.Equal(2, test.Plane.Configuration.Get().Proxies.Count);
        DesiredState overlapping = new() { Devices = [new DeviceDraft { Name = "devices/tun1", Addresses = ["10.77.0.9/24"] }] };
        e = await Assert.ThrowsAsync<ControlPlaneException>(() => ApplyAsync(test, overlapping));
        Assert.Equal("devices[0].addresses[0]", Assert.Single(e.Violations).Field);
    }

    [Fact]
    public async Task Apply_WhenTheKernelRefusesTheLastDevice_TakesTheFirstBack()
    {
        using TestPlane test = new();
        DesiredState two = s_usual with { Devices = [s_usual.Devices[0], new DeviceDraft { Name = "devices/tun1", Interface = "bad" }] };
        test.Engine.OpenFails = spec => spec.InterfaceName == "bad" ? new EngineException(EngineError.KernelRefused, "no") : null;
        ControlPlaneException e = await Assert.ThrowsAsync<ControlPlaneException>(() => ApplyAsync(test, two));
        Assert.Equal((ControlPlaneError.KernelRefused, "devices/tun1"), (e.Error, e.Resource));
        Assert.True(Assert.Single(test.Engine.Devices).Closed);
        ConfigurationView view = test.Plane.Configuration.Get();
        Assert.Equal((0, 0, 0, 0L), (view.Proxies.Count, view.Delegates.Count, view.Devices.Count, view.Generation));
    }

    [Fact]
    public async Task Apply_ThatReopensADevice_CountsItsSessions_AndOpensTheOldOneWhenTheNewOneFails()
    {
        using TestPlane test = new();
        await ApplyAsync(test, s_usual);
        test.Engine.Open();
        DesiredState renamed = s_usual with { Devices = [s_usual.Devices[0] with { Interface = "other" }] };
        test.Engine.OpenFails = spec => spec.InterfaceName == "other" ? new EngineException(EngineError.KernelRefused, "no") : null;
        await Assert.ThrowsAsync<ControlPlaneException>(() => ApplyAsync(test, renamed));
        Assert.Equal((DevicePhase.Ready, "tun0"), Phase(test));
        Assert.Equal("proxies/a", test.Engine.Open().Egress!.ProxyName);
        test.Engine.OpenFails = null;
        PlanStep step = Assert.Single((await ApplyAsync(test, renamed)).Steps);
        Assert.Equal((PlanAction.Reopen, 1L), (step.Action, step.SessionsDisrupted));
        Assert.Equal((DevicePhase.Ready, "other"), Phase(test));
    }

    [Fact]
    public async Task Apply_MayMoveAnAddressFromADeviceThatGoes()
    {
        using TestPlane test = new();
        await ApplyAsync(test, s_usual);
        DesiredState moved = s_usual with { Devices = [s_usual.Devices[0] with { Name = "devices/tun9" }] };
        await ApplyAsync(test, moved, prune: true);
        Assert.True(test.Engine.Devices[0].Closed);
        Assert.Equal("devices/tun9", Assert.Single(test.Plane.Devices.All()).Meta.Name);
    }

    [Fact]
    public async Task Apply_OnAnotherGeneration_IsRefused()
    {
        using TestPlane test = new();
        long generation = (await ApplyAsync(test, s_usual)).Generation;
        await test.Plane.Proxies.CreateAsync(new ProxyDraft { Name = "proxies/c" }, "", MutationContext.Internal);
        ApplyRequest request = new(s_usual) { BaseGeneration = generation };
        ControlPlaneException e = await Assert.ThrowsAsync<ControlPlaneException>(
            () => test.Plane.Configuration.ApplyAsync(request, MutationContext.Internal));
        Assert.Equal(ControlPlaneError.GenerationMismatch, e.Error);
        await test.Plane.Configuration.ApplyAsync(request with { BaseGeneration = generation + 1 }, MutationContext.Internal);
    }

    [Fact]
    public async Task File_ForgetsWhatItNoLongerDeclares_AndLeavesTheApisAlone()
    {
        using TestPlane test = new();
        await ApplyFileAsync(test, s_usual);
        await test.Plane.Proxies.CreateAsync(new ProxyDraft { Name = "proxies/api" }, "", MutationContext.Internal);
        await test.Plane.Delegates.CreateAsync(new DelegateDraft("delegates/api", "proxies/b"), "", MutationContext.Internal);
        ApplyResult result = await ApplyFileAsync(test, new DesiredState { Proxies = [s_usual.Proxies[0]] });
        Assert.Equal(["devices/tun0", "delegates/egress"], result.Steps.Select(step => step.Name));
        Assert.Equal(["proxies/a", "proxies/api", "proxies/b"], test.Plane.Configuration.Get().Proxies.Select(p => p.Meta.Name));

        // Somebody else's delegate used proxies/b, so it stayed; it is not the file's any more.
        await test.Plane.Delegates.DeleteAsync("delegates/api", "", force: false, MutationContext.Internal);
        Assert.Empty((await ApplyFileAsync(test, new DesiredState { Proxies = [s_usual.Proxies[0]] })).Steps);
    }

    [Fact]
    public async Task Unconfirmed_IsTakenBackAtTheDeadline()
    {
        (TestPlane test, ManualTimeProvider time) = await PendingAsync(new RecordingStore());
        using (test)
        {
            ControlPlaneException e = await Assert.ThrowsAsync<ControlPlaneException>(
                () => test.Plane.Proxies.CreateAsync(new ProxyDraft { Name = "proxies/c" }, "", MutationContext.Internal));
            Assert.Equal(ControlPlaneError.ConfirmationPending, e.Error);
            Assert.Equal("proxies/b", test.Engine.Open().Egress!.ProxyName);
            await UntilAsync(test, () => time.Advance(TimeSpan.FromSeconds(60)));
            AssertTakenBack(test);
        }
    }

    [Fact]
    public async Task Unconfirmed_IsTakenBackAfterARestartToo()
    {
        RecordingStore store = new();
        (TestPlane test, ManualTimeProvider time) = await PendingAsync(store);
        test.Dispose();
        using TestPlane second = new(time: time, store: store, engine: new FakeEngine { TimeProvider = time });
        second.Plane.Restore();
        Assert.NotNull(second.Plane.Configuration.Get().Pending);
        await UntilAsync(second, () => time.Advance(TimeSpan.FromSeconds(60)));
        AssertTakenBack(second);
    }

    [Fact]
    public async Task Confirmed_Stays_AndIsForgotten()
    {
        RecordingStore store = new();
        (TestPlane test, ManualTimeProvider time) = await PendingAsync(store);
        using (test)
        {
            string id = test.Plane.Configuration.Get().Pending!.Id;
            await test.Plane.Configuration.ConfirmAsync(id, MutationContext.Internal);
            time.Advance(TimeSpan.FromSeconds(60));
            Assert.Equal("proxies/b", test.Plane.Delegates.Get("delegates/egress").Proxy);
            ControlPlaneException e = await Assert.ThrowsAsync<ControlPlaneException>(
                () => test.Plane.Configuration.ConfirmAsync(id, MutationContext.Internal));
            Assert.Equal(ControlPlaneError.NotFound, e.Error);
            await test.Plane.Proxies.CreateAsync(new ProxyDraft { Name = "proxies/c" }, "", MutationContext.Internal);
        }

        using TestPlane second = new(store: store);
        second.Plane.Restore();
        Assert.Null(second.Plane.Configuration.Get().Pending);
    }

    // Whatever documents come one after the other, with prune: what is there afterwards is the last one.
    [Fact]
    public Task AnyDocuments_OneAfterTheOther_LeaveTheLastOne() =>
        GenDocument.List[1, 6].SampleAsync(async documents =>
        {
            RecordingStore store = new();
            using TestPlane test = new(store: store);
            foreach (DesiredState document in documents)
            {
                await ApplyAsync(test, document, prune: true);
                ConfigurationView view = test.Plane.Configuration.Get();
                Assert.Equal(Sorted(document.Proxies.Select(p => p.Name)), view.Proxies.Select(p => p.Meta.Name));
                Assert.Equal(Sorted(document.Delegates.Select(d => $"{d.Name} {d.Proxy}")), view.Delegates.Select(d => $"{d.Meta.Name} {d.Proxy}"));
                Assert.Equal(
                    Sorted(document.Devices.Select(d => $"{d.Name} {d.StreamDialer} {d.Addresses[0]}")),
                    view.Devices.Select(d => $"{d.Meta.Name} {d.Spec.StreamDialer} {d.Spec.Addresses[0]}"));
                Assert.Equal(view.Devices.Count, test.Engine.Devices.Count(d => !d.Closed));
                Assert.All(view.Devices, d => Assert.Equal(DevicePhase.Ready, d.Phase));
                Assert.Empty((await ApplyAsync(test, document, prune: true)).Steps);
            }
        }, iter: 200);

    private static Gen<DesiredState> GenDocument { get; } =
        Gen.Select(Gen.Int[1, 3], Gen.Int[0, 2].List[0, 3], Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3]).List[0, 3]).Select((proxies, delegates, devices) =>
            new DesiredState
            {
                Proxies = [.. Enumerable.Range(0, proxies).Select(n => new ProxyDraft { Name = $"proxies/p{n}" })],
                Delegates = [.. delegates.Select((p, n) => new DelegateDraft($"delegates/d{n}", $"proxies/p{p % proxies}"))],
                Devices = [.. devices.DistinctBy(d => d.Item1).Select(d => new DeviceDraft
                {
                    Name = $"devices/t{d.Item1}",
                    Addresses = [$"10.{(d.Item1 * 4) + d.Item2}.0.1/16"],
                    StreamDialer = d.Item2 < delegates.Count ? $"delegates/d{d.Item2}" : "proxies/p0",
                })],
            });

    private static IEnumerable<string> Sorted(IEnumerable<string> names) => names.Order(StringComparer.Ordinal);

    private static async Task<(TestPlane Test, ManualTimeProvider Time)> PendingAsync(RecordingStore store)
    {
        ManualTimeProvider time = new();
        TestPlane test = new(time: time, store: store, engine: new FakeEngine { TimeProvider = time });
        await ApplyAsync(test, s_usual);
        ApplyRequest request = new(new DesiredState
        {
            Proxies = [new ProxyDraft { Name = "proxies/b" }, new ProxyDraft { Name = "proxies/new" }],
            Delegates = [new DelegateDraft("delegates/egress", "proxies/b")],
            Devices = s_usual.Devices,
        })
        {
            Prune = true,
            ConfirmTimeout = TimeSpan.FromSeconds(60),
        };
        ApplyResult result = await test.Plane.Configuration.ApplyAsync(request, MutationContext.Internal);
        Assert.Equal(time.GetUtcNow().AddSeconds(60), result.ConfirmBy);
        return (test, time);
    }

    private static async Task UntilAsync(TestPlane test, Action action)
    {
        long seen = test.Plane.Changes.Sequence;
        action();
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));
        await test.Plane.Changes.WaitAsync(seen, limit.Token);
    }

    private static void AssertTakenBack(TestPlane test)
    {
        ConfigurationView view = test.Plane.Configuration.Get();
        Assert.Equal(["proxies/a", "proxies/b"], view.Proxies.Select(p => p.Meta.Name));
        Assert.Equal(("proxies/a", 3L), (view.Delegates[0].Proxy, view.Delegates[0].Meta.Generation));
        Assert.Equal(("proxies/a", 3L), (test.Engine.Open().Egress!.ProxyName, test.Engine.Open().Egress!.Generation));
    }

    private static (DevicePhase, string) Phase(TestPlane test)
    {
        DeviceView view = test.Plane.Devices.Get("devices/tun0");
        return (view.Phase, view.Status!.InterfaceName);
    }

    private static Task<ApplyResult> ApplyAsync(TestPlane test, DesiredState desired, bool prune = false) =>
        test.Plane.Configuration.ApplyAsync(new ApplyRequest(desired) { Prune = prune }, MutationContext.Internal);

    private static Task<ApplyResult> ApplyFileAsync(TestPlane test, DesiredState desired) =>
        test.Plane.Configuration.ApplyAsync(new ApplyRequest(desired) { Source = ResourceSource.File }, MutationContext.Internal);
}
