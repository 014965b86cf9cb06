using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using NetControl.Engine.Devices;
using NetControl.Engine.Interop.Linux;
using NetControl.Network;
using NetControl.Testing;
using static NetControl.Engine.Tests.Devices.DeviceSpecs;

namespace NetControl.Engine.Tests.Devices;

/// <summary>TUN interfaces against the real kernel: made, adopted, set up, and given back exactly as found.</summary>
public sealed class TunInterfaceTests : IDisposable
{
    private static readonly string[] s_allOffloads = ["vnet-header", "checksum", "tso4", "tso6", "tso-ecn", "uso4", "uso6"];

    private readonly NetNamespace _space = NetNamespace.Create();

    public void Dispose() => _space.Dispose();

    [Fact]
    public void NewInterface_HasWhatItsSpecDeclares()
    {
        using TunInterface device = Open(
            Spec(["10.77.0.1/24", "fd77::1/64"], ["198.18.0.0/15", "fd99::/64"]) with { Mtu = 1420 }, maxQueues: 2);

        DeviceStatus status = device.Status;
        Assert.Equal(("tun0", 1420, 2, false), (status.InterfaceName, status.Mtu, status.Queues, status.Adopted));
        Assert.Equal(2, device.Queues.Count);
        Assert.True(device.VnetHeader);
        Assert.Equal(string.Join(' ', s_allOffloads), string.Join(' ', device.Status.Offloads));
        Assert.Empty(device.Status.Warnings);

        string link = _space.Ip("-d", "link", "show", "tun0");
        Assert.Contains("tun type tun pi off vnet_hdr on multi_queue", link, StringComparison.Ordinal);
        Assert.Contains("mtu 1420", link, StringComparison.Ordinal);
        string addresses = _space.Ip("addr", "show", "tun0");
        Assert.Contains("inet 10.77.0.1/24", addresses, StringComparison.Ordinal);
        Assert.Contains("inet6 fd77::1/64", addresses, StringComparison.Ordinal);
        Assert.DoesNotContain("fd77::1/64 scope global tentative", addresses, StringComparison.Ordinal);
        Assert.Contains("198.18.0.0/15 dev tun0", _space.Ip("route", "show", "table", "20035"), StringComparison.Ordinal);
        Assert.Contains("fd99::/64 dev tun0", _space.Ip("-6", "route", "show", "table", "20035"), StringComparison.Ordinal);
        Assert.Equal("9000: not from all fwmark 0x4e43 lookup 20035 proto 78", Assert.Single(Rules("-4")));
        Assert.Equal("9000: not from all fwmark 0x4e43 lookup 20035 proto 78", Assert.Single(Rules("-6")));
        Assert.Contains("dev tun0", _space.Ip("route", "get", "198.18.1.1"), StringComparison.Ordinal);
        CommandResult marked = NetNamespace.RunCommand("ip", "-n", _space.Name, "route", "get", "198.18.1.1", "mark", "0x4e43");
        Assert.NotEqual(0, marked.ExitCode);
    }

    [Fact]
    public void NewInterface_Closed_LeavesNothing()
    {
        string before = Snapshot();
        TunInterface device = Open(Spec(["10.77.0.1/24", "fd77::1/64"], ["198.18.0.0/15", "0.0.0.0/0", "fd99::/64", "::/0"]));
        Assert.NotEqual(before, Snapshot(), StringComparer.Ordinal);
        device.Dispose();
        device.Dispose();
        AssertSnapshotBecomes(before);
    }

    [Fact]
    public void DefaultRoutes_BringThreeRulesAndKeepTheMainTablesOwnNetworks()
    {
        _space.Ip("link", "add", "v0", "type", "veth", "peer", "name", "v1");
        _space.Ip("addr", "add", "10.5.0.1/24", "dev", "v0");
        _space.Ip("link", "set", "v0", "up");
        _space.Ip("link", "set", "v1", "up");
        _space.Ip("route", "add", "default", "via", "10.5.0.254");
        using TunInterface device = Open(Spec(["10.77.0.1/24"], ["198.18.0.0/15", "0.0.0.0/0"]));

        Assert.Equal(
            """
            9000: not from all fwmark 0x4e43 lookup 20035 proto 78
            9002: from all lookup main suppress_prefixlength 0 proto 78
            9003: not from all fwmark 0x4e43 lookup 20036 proto 78
            """,
            string.Join('\n', Rules("-4")));
        Assert.Empty(Rules("-6"));
        Assert.Contains("dev tun0", _space.Ip("route", "get", "192.0.2.1"), StringComparison.Ordinal);
        Assert.Contains("dev v0", _space.Ip("route", "get", "192.0.2.1", "mark", "0x4e43"), StringComparison.Ordinal);
        Assert.Contains("dev v0", _space.Ip("route", "get", "10.5.0.7"), StringComparison.Ordinal);
    }

    [Fact]
    public void NoMark_RulesHoldForAllPackets()
    {
        EngineOptions options = new() { Mark = 0, RoutingTable = 100, RulePriority = 50 };
        using TunInterface device = Open(Spec([], ["198.18.0.0/15"]), options);
        Assert.Equal("50: from all lookup 100 proto 78", Assert.Single(Rules("-4")));
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(null, true)]
    [InlineData("multi_queue", false)]
    [InlineData("multi_queue", true)]
    public void PersistentInterface_AdoptedAndRestored_IsAsItWas(string? flag, bool prepared)
    {
        _space.Ip(["tuntap", "add", "dev", "tun0", "mode", "tun", .. flag is null ? Array.Empty<string>() : [flag]]);
        if (prepared)
        {
            _space.Ip("addr", "add", "10.77.0.1/24", "dev", "tun0");
            _space.Ip("addr", "add", "fd77::1/64", "dev", "tun0", "nodad");
            _space.Ip("link", "set", "tun0", "up");
            _space.Ip("route", "add", "198.18.0.0/15", "dev", "tun0");
        }

        // The stable-privacy link-local address appears a moment after the link is up.
        string before = StableSnapshot();
        string linkBefore = TunLink();
        TunInterface device = Open(
            Spec(["10.77.0.1/24", "10.78.0.1/24", "fd77::1/64", "fd78::1/64"], ["198.18.0.0/15", "198.51.100.0/24", "::/0"])
                with
            { Mtu = 9000 },
            maxQueues: 3);
        Assert.True(device.Status.Adopted);
        Assert.Equal(flag is null ? 1 : 3, device.Status.Queues);
        Assert.Equal(flag is null ? 1 : 0, device.Status.Warnings.Count);
        Assert.Equal(9000, device.Status.Mtu);
        Assert.Equal(string.Join(' ', s_allOffloads), string.Join(' ', device.Status.Offloads));
        string table = _space.Ip("route", "show", "table", "20035");
        Assert.Contains("198.51.100.0/24 dev tun0", table, StringComparison.Ordinal);
        Assert.Equal(!prepared, table.Contains("198.18.0.0/15", StringComparison.Ordinal));

        device.Dispose();
        AssertSnapshotBecomes(before);
        AssertBecomes(linkBefore, TunLink);
        using TunInterface again = Open(Spec([], []));
        Assert.True(again.Status.Adopted);
    }

    [Fact]
    public void DownInterfaceWithIpv6Address_AdoptedAndRestored_KeepsTheAddress()
    {
        _space.Ip("tuntap", "add", "dev", "tun0", "mode", "tun");
        _space.Ip("addr", "add", "10.77.0.1/24", "dev", "tun0");
        _space.Ip("addr", "add", "fd77::1/64", "dev", "tun0", "nodad");
        string before = Snapshot();
        TunInterface device = Open(Spec(["10.77.0.1/24", "fd77::1/64"], []));
        Assert.NotEqual(before, Snapshot(), StringComparer.Ordinal);
        device.Dispose();
        AssertSnapshotBecomes(before);
    }

    [Fact]
    public void InterfaceWithVnetHeaderAndPacketInfo_Restored_HasTheFlagsItHad()
    {
        _space.Ip("tuntap", "add", "dev", "tun0", "mode", "tun", "pi", "vnet_hdr");
        string before = _space.Ip("-d", "link", "show", "tun0");
        Assert.Contains("pi on vnet_hdr on", before, StringComparison.Ordinal);
        TunInterface device = Open(Spec([], []) with { Offload = false });
        Assert.False(device.VnetHeader);
        Assert.Empty(device.Status.Offloads);
        Assert.Contains("pi off vnet_hdr off", _space.Ip("-d", "link", "show", "tun0"), StringComparison.Ordinal);
        device.Dispose();
        Assert.Contains("pi on vnet_hdr on", _space.Ip("-d", "link", "show", "tun0"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void InterfaceDeletedUnderUs_IsGivenBackWithoutAFuss(bool persistent)
    {
        string before = Snapshot();
        if (persistent)
        {
            _space.Ip("tuntap", "add", "dev", "tun0", "mode", "tun");
        }

        TunInterface device = Open(Spec(["10.77.0.1/24"], ["198.18.0.0/15", "::/0"]));
        _space.Ip("link", "delete", "tun0");
        device.Dispose();
        AssertSnapshotBecomes(before);
    }

    [Fact]
    public void RulesFlushedUnderUs_ComeBackWithTheNextDevice()
    {
        using TunInterface first = Open(Spec([], ["198.18.0.0/16"]));
        _space.Ip("rule", "delete", "pref", "9000");
        using (TunInterface second = Open(Spec([], ["198.19.0.0/16"]) with { InterfaceName = "tun1" }))
        {
            Assert.Single(Rules("-4"));
        }

        Assert.Single(Rules("-4"));
    }

    [Fact]
    public void TwoDevices_ShareTheRules_TheLastOneRemovesThem()
    {
        string before = Snapshot();
        TunInterface first = Open(Spec([], ["198.18.0.0/16"]));
        TunInterface second = Open(Spec([], ["198.19.0.0/16"]) with { InterfaceName = "tun1" });
        Assert.Single(Rules("-4"));
        first.Dispose();
        Assert.Single(Rules("-4"));
        second.Dispose();
        AssertSnapshotBecomes(before);
    }

    [Fact]
    public void RuleThatWasThereBefore_IsUsedAndLeft()
    {
        _space.Ip("rule", "add", "not", "fwmark", "0x4e43", "pref", "9000", "lookup", "20035");
        string before = Snapshot();
        TunInterface device = Open(Spec([], ["198.18.0.0/16"]));
        Assert.Single(Rules("-4"));
        device.Dispose();
        AssertSnapshotBecomes(before);
    }

    [Fact]
    public void FailureHalfWay_LeavesNothing()
    {
        _space.Ip("link", "add", "v0", "type", "veth", "peer", "name", "v1");
        _space.Ip("link", "set", "v0", "up");
        _space.Ip("route", "add", "203.0.113.0/24", "dev", "v0", "table", "20035");
        _space.Ip("tuntap", "add", "dev", "tun1", "mode", "tun");
        string before = StableSnapshot();
        foreach (string name in (string[])["tun0", "tun1"])
        {
            DeviceSpec spec = Spec(["10.77.0.1/24", "fd77::1/64"], ["198.18.0.0/15", "203.0.113.0/24"])
                with
            { InterfaceName = name, Mtu = 1400 };
            EngineException refused = Assert.Throws<EngineException>(() => Open(spec));
            Assert.Equal(EngineError.KernelRefused, refused.Error);
            Assert.Contains("203.0.113.0/24", refused.Message, StringComparison.Ordinal);
            Assert.Contains("File exists", refused.Message, StringComparison.Ordinal);
            AssertSnapshotBecomes(before);
        }
    }

    [Fact]
    public void Ipv6SwitchedOff_IsSaidClearly()
    {
        Assert.Equal(0, _space.Execute("sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6").ExitCode);
        EngineException refused = Assert.Throws<EngineException>(() => Open(Spec(["fd77::1/64"], [])));
        Assert.Equal(EngineError.KernelRefused, refused.Error);
        Assert.Contains("disable_ipv6", refused.Message, StringComparison.Ordinal);
        Assert.Contains("fd77::1/64", refused.Message, StringComparison.Ordinal);
        refused = Assert.Throws<EngineException>(() => Open(Spec([], ["fd99::/64"])));
        Assert.Contains("disable_ipv6", refused.Message, StringComparison.Ordinal);
        using TunInterface v4 = Open(Spec(["10.77.0.1/24"], ["198.18.0.0/15"]));
    }

    [Fact]
    public void NameOfAnotherKindOfInterface_IsRefused()
    {
        _space.Ip("link", "add", "tun0", "type", "veth", "peer", "name", "v1");
        EngineException refused = Assert.Throws<EngineException>(() => Open(Spec([], [])));
        Assert.Equal(EngineError.InterfaceBusy, refused.Error);
        Assert.Contains("tun0 exists and is not a TUN (it is veth)", refused.Message, StringComparison.Ordinal);

        _space.Ip("tuntap", "add", "dev", "tap0", "mode", "tap");
        refused = Assert.Throws<EngineException>(() => Open(Spec([], []) with { InterfaceName = "tap0" }));
        Assert.Equal(EngineError.InterfaceBusy, refused.Error);
        refused = Assert.Throws<EngineException>(() => Open(Spec([], []) with { InterfaceName = "lo" }));
        Assert.Equal(EngineError.InterfaceBusy, refused.Error);
    }

    [Fact]
    public void InterfaceInUse_IsRefused()
    {
        using TunInterface first = Open(Spec([], []));
        EngineException refused = Assert.Throws<EngineException>(() => Open(Spec([], [])));
        Assert.Equal(EngineError.InterfaceBusy, refused.Error);
        Assert.Contains("in use", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DeviceNode_MissingOrNotATun_IsSaidClearly()
    {
        Assert.Equal(
            EngineError.TunDeviceMissing,
            Assert.Throws<EngineException>(() => Open(Spec([], []), new EngineOptions { TunPath = "/dev/net/nothere" })).Error);
        Assert.Equal("lo", Assert.Single(Links()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a-name-of-16-byt")]
    [InlineData("tun%d")]
    [InlineData("a/b")]
    [InlineData("a b")]
    public void NameThatIsNoInterfaceName_IsTheCallersMistake(string name) =>
        Assert.Throws<ArgumentException>(() => Open(Spec([], []) with { InterfaceName = name }));

    [Fact]
    public void Queues_FewerWhenTheSpecSaysSo()
    {
        using TunInterface device = Open(Spec([], []) with { Queues = 1 }, maxQueues: 4);
        Assert.Single(device.Queues);
    }

    [Theory]
    [InlineData("10.77.0.9", 4)]
    [InlineData("fd77::9", 6)]
    public void DatagramSentIntoTheInterface_IsReadWithItsVnetHeader(string destination, int version)
    {
        using TunInterface device = Open(Spec(["10.77.0.1/24", "fd77::1/64"], []), maxQueues: 2);
        AddrPort to = new(IpAddr.Parse(destination), 4000);
        using SafeFd socket = _space.Run(() => new SafeFd(Libc.Socket(version == 4 ? Libc.AF_INET : Libc.AF_INET6, Libc.SOCK_DGRAM, 0)));
        Assert.Equal(5, Libc.SendTo(socket.Value, "hello"u8, 0, SockAddr.From(to)));

        byte[] packet = ReadUdp(device, version);
        VirtioNetHeader header = VirtioNetHeader.Read(packet);
        int ipHeader = version == 4 ? 20 : 40;
        Assert.Equal(VirtioNetHeader.GsoNone, header.GsoType);
        Assert.Equal(VirtioNetHeader.NeedsChecksum, header.Flags);
        Assert.Equal((ipHeader, 6), (header.ChecksumStart, header.ChecksumOffset));
        Assert.Equal("hello"u8.ToArray(), packet[(VirtioNetHeader.Size + ipHeader + 8)..]);
    }

    [Fact]
    public void SegmentedDatagrams_AreReadAsOnePacket()
    {
        using TunInterface device = Open(Spec(["10.77.0.1/24"], []));
        using SafeFd socket = _space.Run(() => new SafeFd(Libc.Socket(Libc.AF_INET, Libc.SOCK_DGRAM, 0)));
        byte[] payload = GC.AllocateArray<byte>(20_000, pinned: true);
        using MessageBatch batch = new(1, ControlMessage.SegmentSpace);
        batch.SetBuffer(0, payload);
        batch.PrepareSend(0, AddrPort.Parse("10.77.0.9:4000"), mapped: false);
        batch.SetSegmentSize(0, 1000);
        Assert.Equal(1, batch.Send(socket.Value, 1, 0));

        byte[] packet = ReadUdp(device, 4);
        VirtioNetHeader header = VirtioNetHeader.Read(packet);
        Assert.Equal((VirtioNetHeader.GsoUdpL4, 1000), (header.GsoType, header.GsoSize));
        Assert.Equal(VirtioNetHeader.Size + 28 + 20_000, packet.Length);
    }

    /// <summary>Waits for a UDP packet on any queue; the kernel's own neighbour and multicast packets come in between.</summary>
    private static byte[] ReadUdp(TunInterface device, int version)
    {
        byte[] buffer = new byte[70_000];
        long start = Stopwatch.GetTimestamp();
        using SafeFd epoll = new(Libc.EpollCreate());
        EpollEventBuffer events = new(device.Queues.Count);
        foreach (SafeFd queue in device.Queues)
        {
            Assert.Equal(0, Libc.EpollCtl(epoll.Value, EpollOperation.Add, queue.Value, EpollEvents.In, (ulong)queue.Value));
        }

        while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(20))
        {
            int ready = Libc.EpollWait(epoll.Value, events, 1000);
            for (int i = 0; i < ready; i++)
            {
                nint count = Libc.Read((int)events.Data(i), buffer);
                int at = VirtioNetHeader.Size;
                int protocol = version == 4 ? buffer[at + 9] : buffer[at + 6];
                if (count > 0 && buffer[at] >> 4 == version && protocol == Libc.IPPROTO_UDP)
                {
                    return buffer[..(int)count];
                }
            }
        }

        Assert.Fail("no UDP packet came within 20 s");
        return [];
    }

    private TunInterface Open(
        DeviceSpec spec, EngineOptions? options = null, int maxQueues = 1) =>
        _space.Run(() => TunInterface.Open(spec, options ?? new EngineOptions(), maxQueues, NullLogger.Instance));

    private string[] Links() =>
        [.. _space.Ip("-br", "link", "show").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[0])];

    /// <summary>The rules that are not the kernel's own three.</summary>
    private string[] Rules(string family) =>
    [
        .. _space.Ip(family, "rule", "show").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Replace("\t", " ", StringComparison.Ordinal).TrimEnd())
            .Where(line => !line.StartsWith("0:", StringComparison.Ordinal) && !line.StartsWith("3276", StringComparison.Ordinal)),
    ];

    // The number of attached queues falls a moment after the last descriptor is closed, that of the program that made the interface included.
    private string TunLink() =>
        WithoutQueueing(Regex.Replace(_space.Ip("-d", "link", "show", "tun0"), "numqueues [0-9]+ ", string.Empty, RegexOptions.None, TimeSpan.FromSeconds(5)))
            .Replace("addrgenmode eui64", "addrgenmode random", StringComparison.Ordinal);

    /// <summary>The kernel gives an interface its queueing discipline the first time it goes up, and never takes it away.</summary>
    private static string WithoutQueueing(string text) =>
        Regex.Replace(text, "qdisc [a-z_]+ ", string.Empty, RegexOptions.None, TimeSpan.FromSeconds(5));

    /// <summary>The kernel notices a lost carrier a moment after the last queue is closed.</summary>
    private void AssertSnapshotBecomes(string expected) => AssertBecomes(expected, Snapshot);

    private static void AssertBecomes(string expected, Func<string> read)
    {
        long start = Stopwatch.GetTimestamp();
        string now;
        do
        {
            now = read();
        }
        while (!string.Equals(now, expected, StringComparison.Ordinal) && Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(5));

        Assert.Equal(expected, now);
    }

    private string Snapshot() => string.Join(
        "\n--\n",
        WithoutQueueing(_space.Ip("addr", "show")),
        _space.Ip("-4", "route", "show", "table", "all"),
        _space.Ip("-6", "route", "show", "table", "all"),
        _space.Ip("-4", "rule", "show"),
        _space.Ip("-6", "rule", "show"));

    /// <summary>A snapshot taken when the kernel's own late additions (link-local addresses, their routes) have come.</summary>
    private string StableSnapshot()
    {
        long start = Stopwatch.GetTimestamp();
        string last = Snapshot();
        while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(10))
        {
            string next = Snapshot();
            if (string.Equals(next, last, StringComparison.Ordinal) && !next.Contains("tentative", StringComparison.Ordinal))
            {
                return next;
            }

            last = next;
        }

        return last;
    }
}
