using NetControl.Protocol.V1;
using NetControl.Testing;
using NetControl.Testing.Daemon;
using NetControl.Testing.Proxies;

namespace NetControl.EndToEnd.Tests;

/// <summary>A policy in front of real clients: refused at once, refused in silence, led another way; and changed under them.</summary>
public sealed class PolicyTests
{
    [Fact]
    public async Task Rules_RefuseAndLead_AndChangeInOneStep()
    {
        await using World world = World.Create();
        world.StartServers();
        Socks5Server a = world.StartSocks5();
        Socks5Server b = world.StartSocks5();
        await world.StartDaemonAsync(world.Configuration($"socks5://{a.EndPoint}", $"socks5://{b.EndPoint}"));
        await using SessionLedger ledger = await world.FollowAsync();
        Policy policy = new()
        {
            Name = "policies/default",
            Rules =
            {
                new PolicyRule { Id = "no-four", Action = PolicyAction.Deny, Destinations = { $"{World.Web4}/32" } },
                new PolicyRule { Id = "six-through-b", Action = PolicyAction.Route, Target = "proxies/b", Destinations = { "::/0" } },
            },
        };
        await world.Api.Policies.CreatePolicyAsync(new CreatePolicyRequest { Policy = policy });
        await world.Api.Devices.UpdateDeviceAsync(
            new UpdateDeviceRequest { Device = new Device { Name = "devices/tun0", Policy = "policies/default" } });

        CommandResult refused = world.Client.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/");
        Assert.True(refused.ExitCode == 7, $"{refused.ExitCode}: {refused.Error}"); // refused, and at once
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://[{World.Web6}]/"));
        Assert.Equal((0, 1), (a.Connects, b.Connects));
        await ledger.WaitUntilAsync(l => l.Closed.Count == 2);
        Session[] seen = ledger.Read(l => l.Closed.OrderBy(s => s.OpenTime).ToArray());
        Assert.Equal((SessionCause.PolicyDenied, "no-four", 1L), (seen[0].Cause, seen[0].PolicyRule, seen[0].PolicyGeneration));
        Assert.Equal((SessionCause.Completed, "six-through-b", "proxies/b"), (seen[1].Cause, seen[1].PolicyRule, seen[1].Proxy));

        EvaluatePolicyResponse verdict = await world.Api.Policies.EvaluatePolicyAsync(new EvaluatePolicyRequest
        {
            Subject = "devices/tun0",
            Protocol = SessionProtocol.Tcp,
            Source = "10.77.0.1",
            Destination = $"{World.Web4}:80",
        });
        Assert.Equal((PolicyAction.Deny, "no-four"), (verdict.Action, verdict.Rule));

        policy.Rules.Clear();
        await world.Api.Policies.UpdatePolicyAsync(new UpdatePolicyRequest { Policy = policy, UpdateMask = new() { Paths = { "*" } } });
        Assert.Equal("hello", world.Execute("curl", "-sS", "-m", "20", $"http://{World.Web4}/"));
        Assert.Equal(1, a.Connects);
    }
}
