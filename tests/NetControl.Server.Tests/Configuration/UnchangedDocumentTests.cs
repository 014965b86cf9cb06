using CsCheck;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using NetControl.ControlPlane.Configurations;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.State;
using NetControl.ControlPlane.Tests.Fakes;
using NetControl.Protocol.V1;
using NetControl.Server.Configuration;
using NetControl.Server.Mapping;
using NetControl.Testing;

namespace NetControl.Server.Tests.Configuration;

/// <summary>Whatever a document says and however it is spelled: making it true again changes nothing, whoever does it.</summary>
public sealed class UnchangedDocumentTests
{
    private static readonly string[] s_chains =
    [
        "", "socks5://192.0.2.1:1080", "SOCKS5://user:pass@proxy.example:1080", "socks5://[2001:DB8::1]:1080", " block: ",
        "ss://chacha20-ietf-poly1305:secret@192.0.2.1:8388?prefix=abc#tag", "tls:sni=a.example|socks5://u:p@192.0.2.1:443",
        "httpconnect://192.0.2.1:3128?plain=true&auth=Bearer%20token", "split:3|socks5://192.0.2.1:1080", "socks5://192.0.2.1:1080|dnstruncate:",
    ];

    [Fact]
    public void AppliedAgain_ItChangesNothing() => Gen.Int.Sample(seed =>
    {
        using RecordingStore store = new();
        ManualTimeProvider time = new(); // health is news of its own: nothing is probed twice
        Protocol.V1.Configuration document = Document(new Random(seed));
        using (TestPlane test = new(time: time, store: store))
        {
            Apply(test, document);
            ExpectNothing(test, () => Apply(test, document), "the same document again", document);
            ExpectNothing(test, () => Apply(test, Read(test)), "what was read", document);
            ExpectNothing(test, () => Apply(test, document, file: true), "the file declares the same", document);
            ExpectNothing(test, () => Apply(test, document, file: true), "SIGHUP", document);
            ExpectNothing(test, () => Apply(test, Read(test)), "what was read, over what the file declares", document);
            ExpectNothing(test, () => Apply(test, document, file: true), "SIGHUP after that", document);
        }

        using TestPlane later = new(time: time, store: store);
        later.Plane.Restore();
        ExpectNothing(later, () => Apply(later, document, file: true), "the file at the next start", document);
        ExpectNothing(later, () => Apply(later, Read(later)), "what was read after a restart", document);
    }, iter: 100);

    [Fact]
    public async Task WhoDeclaresIt_IsRemembered_AlthoughNothingElseChanged()
    {
        RecordingStore store = new();
        Protocol.V1.Configuration document = new() { Proxies = { new Proxy { Name = "proxies/a" }, new Proxy { Name = "proxies/b" } } };
        using (TestPlane test = new(store: store))
        {
            Apply(test, document, file: true);
            Apply(test, new Protocol.V1.Configuration { Proxies = { document.Proxies[1] } });
        }

        // Over gRPC proxies/b was said to be wanted, too: the file no longer takes it away, and takes away the other.
        using TestPlane later = new(store: store);
        later.Plane.Restore();
        ApplyResult result = Apply(later, new Protocol.V1.Configuration(), file: true);
        Assert.Equal(["proxies/a"], result.Steps.Select(step => step.Name));

        // Nothing that would have to be confirmed: nothing that anybody sees has changed.
        ApplyRequest pending = ToApply(document.Proxies[1]) with { Source = ResourceSource.File, ConfirmTimeout = TimeSpan.FromHours(1) };
        Assert.Equal("", (await later.Plane.Configuration.ApplyAsync(pending, MutationContext.Internal)).ConfirmationId);
        result = Apply(later, new Protocol.V1.Configuration(), file: true);
        Assert.Equal(["proxies/b"], result.Steps.Select(step => step.Name));
    }

    [Fact]
    public async Task WhatIsTakenBack_IsDeclaredByWhoeverDeclaredItBefore()
    {
        using TestPlane test = new();
        Protocol.V1.Configuration document = new() { Proxies = { new Proxy { Name = "proxies/a" } } };
        Apply(test, document, file: true);
        long generation = Assert.Single(test.Plane.Configuration.Get().Proxies).Meta.Generation;
        ApplyRequest more = ToApply(document.Proxies[0], new Proxy { Name = "proxies/new" }) with { ConfirmTimeout = TimeSpan.FromHours(1) };
        ApplyResult applied = await test.Plane.Configuration.ApplyAsync(more, MutationContext.Internal);
        await test.Plane.Configuration.RevertAsync(applied.ConfirmationId, MutationContext.Internal);
        Assert.Equal(generation, Assert.Single(test.Plane.Configuration.Get().Proxies).Meta.Generation);
        Assert.Equal(["proxies/a"], Apply(test, new Protocol.V1.Configuration(), file: true).Steps.Select(step => step.Name));
    }

    private static ApplyRequest ToApply(params Proxy[] proxies) =>
        new ApplyConfigurationRequest { Configuration = new Protocol.V1.Configuration { Proxies = { proxies } } }.ToApply();

    private static ApplyResult Apply(TestPlane test, Protocol.V1.Configuration document, bool file = false)
    {
        ApplyRequest request = file
            ? new ApplyRequest(ConfigurationLoader.Load(JsonFormatter.Default.Format(document), "file").Desired) { Source = ResourceSource.File }
            : new ApplyConfigurationRequest { Configuration = document }.ToApply();
        return test.Plane.Configuration.ApplyAsync(request, MutationContext.Internal).GetAwaiter().GetResult();
    }

    private static Protocol.V1.Configuration Read(TestPlane test) => test.Plane.Configuration.Get().ToDocument();

    private static void ExpectNothing(TestPlane test, Func<ApplyResult> apply, string what, Protocol.V1.Configuration document)
    {
        string before = Everything(test);
        int steps = apply().Steps.Count;
        string after = Everything(test);
        Assert.True(steps == 0 && before == after, $"{what}: {steps} steps\n{document}\n{before}\n{after}");
    }

    private static string Everything(TestPlane test)
    {
        ConfigurationView view = test.Plane.Configuration.Get();
        return string.Join('\n', [$"{view.Generation} {view.Sequence} {view.Pending}",
            .. view.Proxies.Select(p => p.ToMessage().ToString()), .. view.Delegates.Select(d => (d with { Health = [] }).ToMessage().ToString()),
            .. view.Policies.Select(p => p.ToMessage().ToString()), .. view.Devices.Select(d => d.ToMessage().ToString())]);
    }

    private static Protocol.V1.Configuration Document(Random random)
    {
        Protocol.V1.Configuration document = new();
        int proxies = random.Next(1, 4);
        string Proxy() => $"proxies/p{random.Next(proxies)}";
        for (int i = 0; i < proxies; i++)
        {
            document.Proxies.Add(new Proxy { Name = $"proxies/p{i}", Config = Pick(random, s_chains).Trim(), UdpIdleTimeout = Maybe(random, 1, 90) });
        }

        for (int i = random.Next(3); i > 0; i--)
        {
            Protocol.V1.Delegate d = new() { Name = $"delegates/d{i}", Failover = Failover(random) };
            d.Proxies.AddRange(Enumerable.Range(0, proxies).Where(_ => random.Next(2) == 0).Select(p => $"proxies/p{p}"));
            d.Proxy = d.Proxies.Count == 0 ? Proxy() : random.Next(2) == 0 ? "" : Pick(random, [.. d.Proxies]);
            document.Delegates.Add(d);
        }

        string Target() => document.Delegates.Count > 0 && random.Next(2) == 0 ? Pick(random, [.. document.Delegates]).Name : Proxy();
        for (int i = random.Next(3); i > 0; i--)
        {
            Policy policy = new() { Name = $"policies/q{i}", DefaultAction = Pick(random, PolicyAction.Unspecified, PolicyAction.Allow, PolicyAction.Drop) };
            for (int r = random.Next(3); r > 0; r--)
            {
                bool routes = random.Next(2) == 0;
                policy.Rules.Add(new PolicyRule
                {
                    Id = $"r{r}",
                    Description = Pick(random, "", "why"),
                    Action = routes ? PolicyAction.Route : PolicyAction.Deny,
                    Target = routes ? Target() : "",
                    Sources = { Some(random, "10.0.0.1", "10.0.0.0/8", "FD00:0::/8") },
                    Destinations = { Some(random, "192.0.2.0/24", "2001:db8::1/128") },
                    Ports = { Some(random, "80-80", "443", "8000-8999") },
                });
            }

            document.Policies.Add(policy);
        }

        for (int i = random.Next(3); i > 0; i--)
        {
            document.Devices.Add(Device(random, i, document.Policies.Count > 0 && random.Next(2) == 0 ? Pick(random, [.. document.Policies]).Name : "", Target));
        }

        return document;
    }

    private static Device Device(Random random, int number, string policy, Func<string> target) => new()
    {
        Name = $"devices/t{number}",
        Interface = Pick(random, "", $"wire{number}", $"t{number}"),
        Mtu = Pick(random, 0u, 1400u, 1500u),
        Addresses = { Some(random, $"10.77.{number}.1/24", $"FD77:{number}::1/64") },
        Routes = { Some(random, $"198.18.{number}.0/24", $"FD99:{number}:0::/64") },
        StreamDialer = random.Next(2) == 0 ? "" : target(),
        PacketProxy = random.Next(2) == 0 ? "" : target(),
        Policy = policy,
        Accept = Pick(random, AcceptMode.Unspecified, AcceptMode.AfterConnect, AcceptMode.Immediate),
        Queues = Pick(random, 0u, 2u),
        DisableOffload = random.Next(2) == 0,
        KillSwitch = random.Next(4) == 0,
        UdpFiltering = Pick(random, UdpFiltering.Unspecified, UdpFiltering.EndpointIndependent, UdpFiltering.AddressDependent),
        CongestionControl = Pick(random, CongestionControl.Unspecified, CongestionControl.Cubic, CongestionControl.NewReno),
        KeepAlive = random.Next(3) switch
        {
            0 => null,
            1 => new KeepAlive { Disabled = true },
            _ => new KeepAlive { Idle = Maybe(random, 10, 100), Probes = Pick(random, 0u, 9u) },
        },
        Limits = random.Next(2) == 0 ? null : new DeviceLimits { MaxTcpSessions = Pick(random, 0u, 1000u), MaxSessionsPerSource = Pick(random, 0u, 5u) },
    };

    private static FailoverPolicy? Failover(Random random) => random.Next(2) == 0 ? null : new FailoverPolicy
    {
        Mode = Pick(random, FailoverPolicy.Types.Mode.Unspecified, FailoverPolicy.Types.Mode.FirstHealthy, FailoverPolicy.Types.Mode.Fixed),
        Failures = Pick(random, 0u, 3u, 5u),
        HoldDown = Maybe(random, 5, 60),
        Probe = random.Next(2) == 0 ? null : new HealthProbe { Target = Pick(random, "192.0.2.1:443", "Name.example:443"), SkipStandby = random.Next(2) == 0 },
    };

    private static Duration? Maybe(Random random, int least, int most) => random.Next(3) switch
    {
        0 => null,
        1 => Duration.FromTimeSpan(TimeSpan.FromSeconds(30)), // the default of what may be left out here
        _ => new Duration { Seconds = random.Next(least, most), Nanos = random.Next(1_000_000_000) },
    };

    private static T Pick<T>(Random random, params T[] among) => among[random.Next(among.Length)];

    private static IEnumerable<T> Some<T>(Random random, params T[] among) => [.. among.Where(_ => random.Next(2) == 0)];
}
