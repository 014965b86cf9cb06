using CsCheck;
using NetControl.Engine.Policies;
using NetControl.Engine.Sessions;
using NetControl.Network;

namespace NetControl.Engine.Tests.Policies;

public sealed class PolicyModelTests
{
    // Against the plainest reading of the words: a list of rules, asked one after the other.
    [Fact]
    public void AnyRules_AnyTraffic_IsJudgedByTheFirstThatMatches() =>
        Gen.Select(GenRule.List[0, 8], GenTraffic).Sample((rules, traffic) =>
        {
            PolicyModel model = new(rules.Select((rule, i) => rule.Compile($"r{i}")), Otherwise());
            int expected = rules.FindIndex(rule => rule.Matches(traffic));
            PolicyRuleModel judged = model.Judge(traffic.Protocol, traffic.Source, traffic.Destination);
            Assert.Equal(expected < 0 ? "" : $"r{expected}", judged.Id);
        }, iter: 20_000);

    [Fact]
    public void Judging_AllocatesNothing()
    {
        Rule rule = new(SessionProtocol.Udp, ["10.0.0.0/8", "fd00::/8"], ["198.18.0.0/15"], [new PortRange(53, 53)]);
        PolicyModel model = new(Enumerable.Range(0, 100).Select(i => rule.Compile($"r{i}")), Otherwise());
        AddrPort source = AddrPort.Parse("10.1.1.1:1");
        AddrPort destination = AddrPort.Parse("198.18.0.1:80");
        model.Judge(SessionProtocol.Udp, source, destination);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            model.Judge(SessionProtocol.Udp, source, destination);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static Gen<IpAddr> GenAddress { get; } = Gen.OneOf(
        Gen.UInt[0x0A000000, 0x0A0000FF].Select(IpAddr.FromV4),
        Gen.UInt.Select(IpAddr.FromV4),
        Gen.Byte.Array[16].Select(bytes => IpAddr.ReadV6(bytes)).Where(address => !address.IsV4));

    private static Gen<IpPrefix> GenPrefix { get; } = Gen.Select(GenAddress, Gen.Int[0, 128])
        .Select((address, length) => new IpPrefix(address, Math.Min(length, address.IsV4 ? 32 : 128)).Network());

    private static Gen<PortRange> GenPorts { get; } =
        Gen.Select(Gen.UShort[0, 99], Gen.UShort[0, 20]).Select((first, more) => new PortRange(first, (ushort)(first + more)));

    private static Gen<Traffic> GenTraffic { get; } =
        Gen.Select(Gen.Bool, GenAddress, GenAddress, Gen.UShort[0, 120]).Select((udp, source, destination, port) =>
            new Traffic(udp ? SessionProtocol.Udp : SessionProtocol.Tcp, new AddrPort(source, 1), new AddrPort(destination, port)));

    private static Gen<Rule> GenRule { get; } = Gen.Select(Gen.Int[0, 2], GenPrefix.Array[0, 2], GenPrefix.Array[0, 2], GenPorts.Array[0, 2])
        .Select((protocol, sources, destinations, ports) => new Rule(
            protocol switch { 0 => SessionProtocol.Tcp, 1 => SessionProtocol.Udp, _ => null },
            [.. sources.Select(p => p.ToString())], [.. destinations.Select(p => p.ToString())], ports));

    private static PolicyRuleModel Otherwise() =>
        new("policies/test", "", 1, PolicyAction.Allow, null, null, [], [], [], new PolicyHits());

    private sealed record Traffic(SessionProtocol Protocol, AddrPort Source, AddrPort Destination);

    private sealed record Rule(SessionProtocol? Protocol, string[] Sources, string[] Destinations, PortRange[] Ports)
    {
        public bool Matches(Traffic traffic) =>
            (Protocol is null || Protocol == traffic.Protocol)
            && (Sources.Length == 0 || Prefixes(Sources).Any(p => p.Contains(traffic.Source.Address)))
            && (Destinations.Length == 0 || Prefixes(Destinations).Any(p => p.Contains(traffic.Destination.Address)))
            && (Ports.Length == 0 || Ports.Any(range => traffic.Destination.Port >= range.First && traffic.Destination.Port <= range.Last));

        public PolicyRuleModel Compile(string id) =>
            new("policies/test", id, 1, PolicyAction.Deny, null, Protocol, Prefixes(Sources), Prefixes(Destinations), Ports, new PolicyHits());

        private static IEnumerable<IpPrefix> Prefixes(string[] texts) => texts.Select(text =>
        {
            Assert.True(IpPrefix.TryParse(text, out IpPrefix prefix), text);
            return prefix;
        });
    }
}
