using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.State;
using NetControl.ControlPlane.Validation;

namespace NetControl.ControlPlane.Tests.State;

public sealed class StateDraftTests
{
    private static readonly string[] s_proxies = ["proxies/a", "proxies/b", "proxies/c"];
    private static readonly string[] s_delegates = ["delegates/a", "delegates/b", "delegates/c"];
    private static readonly string[] s_policies = ["policies/a", "policies/b"];
    private static readonly string[] s_devices = ["devices/tun0", "devices/tun1"];
    private static readonly string[] s_names = [.. s_proxies, .. s_delegates, .. s_policies, .. s_devices];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void RandomEdits_KeepWhoUsesWhom_AndNameExactlyWhatChanged(int seed)
    {
        Random random = new(seed);
        ControlState state = ControlState.Empty;
        int made = 0;
        for (int transaction = 0; transaction < 400; transaction++)
        {
            StateDraft draft = new(state, DateTimeOffset.UnixEpoch);
            for (int edits = random.Next(1, 5); edits > 0; edits--)
            {
                try
                {
                    Edit(draft, random);
                    made++;
                }
                catch (ControlPlaneException)
                {
                    // It exists already, or what it names does not.
                }
            }

            state = draft.Seal();
            foreach (string name in s_names)
            {
                Assert.Equal(
                    state.All().Where(record => record.References.Contains(name)).Select(record => record.Name).Order(StringComparer.Ordinal),
                    state.UsersOf(name));
            }

            Assert.Equal(
                s_names.Where(name => !ReferenceEquals(draft.Base.Find(name), state.Find(name))).Order(StringComparer.Ordinal),
                draft.Changes().Select(change => change.Name).Order(StringComparer.Ordinal));
            Assert.All(draft.Changes(), change => Assert.Same(state.Find(change.Name), change.After));
        }

        Assert.True(made > 200, $"only {made} edits were possible");
    }

    private static void Edit(StateDraft draft, Random random)
    {
        string proxy = Any(s_proxies, random);
        string way = Any(s_delegates, random);
        string policy = Any(s_policies, random);
        string device = Any(s_devices, random);
        switch (random.Next(12))
        {
            case 0:
                draft.Add(new ProxyDraft { Name = proxy }, Proxy(proxy));
                break;
            case 1:
                draft.Change(proxy, new ProxyDraft { Name = proxy }, Proxy(proxy));
                break;
            case 2:
                draft.Remove(draft.State.Proxy(proxy));
                break;
            case 3:
                draft.Add(new DelegateSpec(way, proxy, [], null));
                break;
            case 4:
                draft.Change(new DelegateSpec(way, "", [proxy, .. s_proxies.Except([proxy]).Take(1)], null));
                break;
            case 5:
                draft.Point(way, proxy);
                break;
            case 6:
                draft.Remove(draft.State.Delegate(way));
                break;
            case 7:
                (PolicyDraft rules, PolicySpec spec) = Policy(policy, [way, proxy, way]);
                draft.Add(rules, spec);
                break;
            case 8:
                (rules, spec) = Policy(policy, random.Next(2) == 0 ? [] : [Any(s_delegates, random)]);
                draft.Change(policy, rules, spec);
                break;
            case 9:
                draft.Remove(draft.State.Policy(policy));
                break;
            case 10:
                (DeviceDraft wish, TunSpec tun) = Device(device, random.Next(2) == 0 ? way : proxy, way, random.Next(2) == 0 ? policy : "");
                draft.Add(wish, tun);
                break;
            default:
                draft.Remove(draft.State.Device(device));
                break;
        }
    }

    private static string Any(string[] names, Random random) => names[random.Next(names.Length)];

    private static ProxySpec Proxy(string name) =>
        ProxyValidator.Validate(new ProxyDraft { Name = name }, "", FieldNaming.Proto, new ViolationList())!;

    private static (PolicyDraft Draft, PolicySpec Spec) Policy(string name, string[] targets)
    {
        PolicyDraft draft = new()
        {
            Name = name,
            Rules = [.. targets.Select((target, i) => new PolicyRuleDraft { Id = $"r{i}", Action = "ROUTE", Target = target })],
        };
        return (draft, PolicyValidator.Validate(draft, "", FieldNaming.Proto, new ViolationList())!);
    }

    private static (DeviceDraft Draft, TunSpec Spec) Device(string name, string streams, string packets, string policy)
    {
        DeviceDraft draft = new() { Name = name, StreamDialer = streams, PacketProxy = packets, Policy = policy };
        return (draft, DeviceValidator.Validate(draft, "", FieldNaming.Proto, new ViolationList())!);
    }
}
