using NetControl.ControlPlane.Delegates;
using NetControl.ControlPlane.Devices;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Policies;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Tests.Fakes;
using NetControl.Engine.Policies;
using NetControl.Engine.Sessions;
using NetControl.Network;

namespace NetControl.ControlPlane.Tests.Policies;

public sealed class PolicyDirectoryTests
{
    private static readonly PolicyDraft s_draft = new()
    {
        Name = "policies/default",
        Rules =
        [
            new PolicyRuleDraft { Id = "no-metadata", Action = "DENY", Destinations = ["169.254.169.254/32"] },
            new PolicyRuleDraft { Id = "web", Action = "ROUTE", Target = "proxies/b", Protocol = "TCP", Ports = ["80", "8000-8999"] },
        ],
        DefaultAction = "DROP",
    };

    [Fact]
    public async Task Policy_ReachesTheDevice_ChangesUnderIt_AndKeepsItsHits()
    {
        using TestPlane test = await GovernedAsync();
        PolicyModel first = test.Engine.Devices[0].Policy!;
        Assert.Equal(("web", "proxies/b"), (Judge(first, "198.51.100.1:8080").Id, Judge(first, "198.51.100.1:8080").Egress!.Current.ProxyName));
        Judge(first, "198.51.100.1:80").Hits.Add();
        PolicyView view = await test.Plane.Policies.UpdateAsync(
            "policies/default", draft => draft with { Rules = [.. draft.Rules.Reverse()] }, "", MutationContext.Internal);
        Assert.Equal((2L, 1L, "devices/tun0"), (view.Meta.Generation, test.Plane.Policies.Get("policies/default").Hits[0], view.UsedBy[0]));
        PolicyModel second = test.Engine.Devices[0].Policy!;
        Assert.NotSame(first, second);
        Assert.Equal((PolicyAction.Drop, 2L), (Judge(second, "198.51.100.1:25").Action, second.Otherwise.Generation));
    }

    [Fact]
    public async Task RemovedByForce_ItLetsNothingPass_UntilTheDeviceIsGivenAnother()
    {
        using TestPlane test = await GovernedAsync();
        ControlPlaneException e = await Assert.ThrowsAsync<ControlPlaneException>(
            () => test.Plane.Policies.DeleteAsync("policies/default", "", force: false, MutationContext.Internal));
        Assert.Equal(ControlPlaneError.ResourceInUse, e.Error);
        await test.Plane.Policies.DeleteAsync("policies/default", "", force: true, MutationContext.Internal);
        Assert.Equal(DevicePhase.Blocked, test.Plane.Devices.Get("devices/tun0").Phase);
        Assert.Null(test.Engine.Open().Egress);
        Assert.Equal(PolicyAction.Deny, test.Plane.Policies.Evaluate(Question("devices/tun0", "198.51.100.1:80")).Action);
        await test.Plane.Devices.UpdateAsync(
            "devices/tun0", draft => draft with { Policy = "" }, "", force: false, MutationContext.Internal);
        Assert.Equal("delegates/egress", test.Engine.Open().Egress!.DelegateName);
        Assert.Null(test.Engine.Devices[0].Policy);
    }

    [Fact]
    public async Task RulesTarget_RemovedByForce_MakesTheRuleRefuse()
    {
        using TestPlane test = await GovernedAsync();
        ControlPlaneException e = await Assert.ThrowsAsync<ControlPlaneException>(
            () => test.Plane.Proxies.DeleteAsync("proxies/b", "", force: false, MutationContext.Internal));
        Assert.Contains("policies/default", e.Message, StringComparison.Ordinal);
        await test.Plane.Proxies.DeleteAsync("proxies/b", "", force: true, MutationContext.Internal);
        PolicyRuleModel rule = Judge(test.Engine.Devices[0].Policy!, "198.51.100.1:80");
        Assert.Equal(PolicyAction.Route, rule.Action);
        Assert.Null(rule.Egress?.Current.StreamDialer);
        PolicyVerdict verdict = test.Plane.Policies.Evaluate(Question("devices/tun0", "198.51.100.1:80"));
        Assert.Equal(("web", "proxies/b", ""), (verdict.Rule, verdict.Egress, verdict.Proxy));
    }

    [Fact]
    public async Task RulesDelegate_MadeAnewOrSwapped_IsWhereTheRuleLeads()
    {
        using TestPlane test = await GovernedAsync();
        await test.Plane.Policies.UpdateAsync("policies/default",
            draft => draft with { Rules = [draft.Rules[1] with { Target = "delegates/egress" }] }, "", MutationContext.Internal);
        PolicyModel model = test.Engine.Devices[0].Policy!;
        await test.Plane.Delegates.SwapAsync(new SwapRequest("delegates/egress", "proxies/b", ExistingPolicy.Keep), MutationContext.Internal);
        Assert.Same(model, test.Engine.Devices[0].Policy); // a swap of one of thousands of targets is no reason to build rules anew
        Assert.Equal("proxies/b", Judge(model, "198.51.100.1:80").Egress!.Current.ProxyName);

        await test.Plane.Delegates.DeleteAsync("delegates/egress", "", force: true, MutationContext.Internal);
        Assert.Null(Judge(test.Engine.Devices[0].Policy!, "198.51.100.1:80").Egress);
        await test.Plane.Delegates.CreateAsync(new DelegateDraft("delegates/egress", "proxies/a"), "", MutationContext.Internal);
        Assert.Equal("proxies/a", Judge(test.Engine.Devices[0].Policy!, "198.51.100.1:80").Egress!.Current.ProxyName);
    }

    [Fact]
    public async Task Evaluate_SaysWhichRuleAndWhy_AndCountsNothing()
    {
        using TestPlane test = await GovernedAsync();
        PolicyVerdict verdict = test.Plane.Policies.Evaluate(Question("devices/tun0", "198.51.100.1:8999"));
        Assert.Equal((PolicyAction.Route, "web", "proxies/b", "proxies/b"), (verdict.Action, verdict.Rule, verdict.Egress, verdict.Proxy));
        Assert.Equal([PolicyMismatch.Destination, PolicyMismatch.None], verdict.Trace.Select(step => step.Mismatch));
        verdict = test.Plane.Policies.Evaluate(Question("policies/default", "198.51.100.1:9000"));
        Assert.Equal((PolicyAction.Drop, "", ""), (verdict.Action, verdict.Rule, verdict.Egress));
        Assert.All(test.Plane.Policies.Get("policies/default").Hits, hits => Assert.Equal(0, hits));
    }

    [Fact]
    public async Task Faults_AreAllReported()
    {
        using TestPlane test = new();
        PolicyDraft wrong = new()
        {
            Name = "policies/p",
            DefaultAction = "ROUTE",
            Rules =
            [
                new PolicyRuleDraft { Id = "A", Action = "", Ports = ["1-0", "x", "70000"] },
                new PolicyRuleDraft { Id = "b", Action = "DENY", Target = "proxies/b", Sources = ["10.0.0.1/8", "nonsense"], Protocol = "SCTP" },
                new PolicyRuleDraft { Id = "b", Action = "ROUTE" },
            ],
        };
        ControlPlaneException e = await Assert.ThrowsAsync<ControlPlaneException>(
            () => test.Plane.Policies.CreateAsync(wrong, "policy.", MutationContext.Internal));
        Assert.Equal(
            [
                "policy.default_action", "policy.rules[0].action", "policy.rules[0].id", "policy.rules[0].ports[0]", "policy.rules[0].ports[1]",
                "policy.rules[0].ports[2]", "policy.rules[1].protocol", "policy.rules[1].sources[0]", "policy.rules[1].sources[1]",
                "policy.rules[1].target", "policy.rules[2].id", "policy.rules[2].target",
            ],
            e.Violations.Select(v => v.Field).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Restart_BringsPoliciesBack()
    {
        RecordingStore store = new();
        using (TestPlane first = await GovernedAsync(store))
        {
        }

        using TestPlane second = new(store: store);
        second.Plane.Restore();
        Assert.Equal("web", Judge(second.Engine.Devices[0].Policy!, "198.51.100.1:80").Id);
        Assert.Equal("proxies/b", Judge(second.Engine.Devices[0].Policy!, "198.51.100.1:80").Egress!.Current.ProxyName);
    }

    private static async Task<TestPlane> GovernedAsync(RecordingStore? store = null)
    {
        TestPlane test = await TestPlane.WithDeviceAsync(store: store);
        await test.Plane.Policies.CreateAsync(s_draft, "policy.", MutationContext.Internal);
        await test.Plane.Devices.UpdateAsync(
            "devices/tun0", draft => draft with { Policy = "policies/default" }, "", force: false, MutationContext.Internal);
        return test;
    }

    private static PolicyRuleModel Judge(PolicyModel policy, string destination) =>
        policy.Judge(SessionProtocol.Tcp, AddrPort.Parse("10.77.0.2:1"), AddrPort.Parse(destination));

    private static PolicyQuestion Question(string subject, string destination) =>
        new(subject, SessionProtocol.Tcp, AddrPort.Parse("10.77.0.2:1"), AddrPort.Parse(destination));
}
