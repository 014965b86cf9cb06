using NetControl.Engine.Policies;
using NetControl.Engine.Sessions;
using NetControl.Engine.Tests.Flows;
using NetControl.Network;
using NetControl.Stack.Tcp;
using NetControl.Testing;
using NetControl.Testing.Proxies;

namespace NetControl.Engine.Tests.Policies;

public sealed class PolicyFlowTests
{
    private static readonly AddrPort s_remote = AddrPort.Parse("198.18.9.9:9");

    [Fact]
    public async Task DeniedSyn_IsResetAtOnce_CountedAndToldWithItsRule()
    {
        await using TestEngine test = new(dialer: _ => new ScriptedDialer());
        PolicyRuleModel rule = Rule("no-nine", PolicyAction.Deny);
        test.Stack.Device.Policy = Policy(rule);
        AddrPort source = test.Host.NextSource(s_remote);
        test.Host.SendTcp(source, s_remote, 1, 0, TcpFlags.Syn);
        await test.Host.ExpectAsync((_, parsed) => (parsed.Flags & TcpFlags.Rst) != 0);
        SessionInfo told = await test.ClosedAsync(source);
        Assert.Equal((SessionCause.PolicyDenied, "no-nine", 7L), (told.Cause, told.Rule!.Id, told.Rule.Generation));
        Assert.Equal((1L, 1L), (test.Drops(DropReason.PolicyDenied), rule.Hits.Count));
    }

    [Fact]
    public async Task DroppedSyn_IsNotAnswered()
    {
        await using TestEngine test = new(dialer: _ => new ScriptedDialer());
        test.Stack.Device.Policy = Policy(Rule("quiet", PolicyAction.Drop));
        AddrPort source = test.Host.NextSource(s_remote);
        test.Host.SendTcp(source, s_remote, 1, 0, TcpFlags.Syn);
        Assert.Equal(SessionCause.PolicyDenied, (await test.ClosedAsync(source)).Cause);
        Assert.Empty(test.Host.Unexpected());
    }

    [Fact]
    public async Task RoutedConnection_GoesThroughTheRulesEgress()
    {
        using EchoServer echo = new();
        AddrPort to = LoopbackDialer.Outside(echo.EndPoint);
        await using TestEngine test = new(dialer: _ => new ScriptedDialer());
        EgressModel other = new()
        {
            DelegateName = "delegates/other",
            ProxyName = "proxies/other",
            Generation = 3,
            StreamDialer = new LoopbackDialer(test.Engine.StreamDialer),
        };
        test.Stack.Device.Policy = Policy(Rule("elsewhere", PolicyAction.Route, new Egress(other)));
        TcpPeer peer = await test.Host.ConnectAsync(to);
        await peer.SendAsync("hi"u8.ToArray());
        Assert.Equal("hi"u8.ToArray(), await peer.ReceiveExactlyAsync(2));
        SessionInfo info = Assert.Single(await test.Engine.ListSessionsAsync(null, default));
        Assert.Equal(("delegates/other", "elsewhere"), (info.Egress!.DelegateName, info.Rule!.Id));
    }

    [Fact]
    public async Task Policy_ThatComesLater_LeavesConnectionsAlone_AndRefusesDatagrams()
    {
        using EchoServer echo = new();
        AddrPort to = LoopbackDialer.Outside(echo.EndPoint);
        SilentProxy proxy = new();
        await using TestEngine test = new(dialer: engine => new LoopbackDialer(engine.StreamDialer), proxy: _ => proxy);
        TcpPeer peer = await test.Host.ConnectAsync(to);
        AddrPort client = test.Host.NextSource(s_remote);
        test.Host.SendUdp(client, s_remote, [1]);
        await test.Events.ExpectAsync(SessionEventKind.Opened, info => info.Source == client);
        test.Stack.Device.Policy = Policy(Rule("nothing", PolicyAction.Deny));
        await peer.SendAsync("hi"u8.ToArray());
        Assert.Equal("hi"u8.ToArray(), await peer.ReceiveExactlyAsync(2));
        test.Host.SendUdp(client, s_remote, [2]);
        await test.Host.ExpectIcmpAsync(3);
        Assert.Equal(1, test.Drops(DropReason.PolicyDenied));
        test.Stack.Device.Policy = null;
        test.Host.SendUdp(client, s_remote, [3]);
        Assert.Equal(2, (await test.Engine.ListSessionsAsync((in SessionInfo s) => s.Source == client, default)).Single().PacketsSent);
    }

    // One source socket, many destinations: each is judged by itself, and only once as long as it stays the same.
    [Fact]
    public async Task Datagrams_AreJudgedByTheirOwnDestination()
    {
        await using TestEngine test = new(proxy: _ => new SilentProxy());
        PolicyRuleModel rule = new("policies/test", "no-dns", 7, PolicyAction.Drop, null, SessionProtocol.Udp, [], [], [new PortRange(53, 53)],
            new PolicyHits());
        PolicyModel policy = Policy(rule);
        test.Stack.Device.Policy = policy;
        AddrPort client = test.Host.NextSource(s_remote);
        for (int i = 0; i < 5; i++)
        {
            test.Host.SendUdp(client, s_remote, [1]);
        }

        AddrPort dns = AddrPort.Parse("198.18.9.9:53");
        test.Host.SendUdp(client, dns, [2]);
        test.Host.SendUdp(client, dns, [3]);
        test.Host.SendUdp(client, s_remote, [4]);
        SessionInfo session = Assert.Single(await test.Engine.ListSessionsAsync(null, default));
        Assert.Equal((6L, 2L, 1L), (session.PacketsSent, test.Drops(DropReason.PolicyDenied), rule.Hits.Count));
        Assert.Equal(2, policy.Otherwise.Hits.Count);
    }

    private static PolicyModel Policy(PolicyRuleModel rule) =>
        new([rule], new PolicyRuleModel("policies/test", "", 7, PolicyAction.Allow, null, null, [], [], [], new PolicyHits()));

    private static PolicyRuleModel Rule(string id, PolicyAction action, Egress? egress = null) =>
        new("policies/test", id, 7, action, egress, null, [], [], [], new PolicyHits());
}
