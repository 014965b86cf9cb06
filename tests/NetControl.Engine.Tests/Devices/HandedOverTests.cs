using Microsoft.Extensions.Logging.Abstractions;
using NetControl.Engine.Devices;
using NetControl.Engine.Interop.Linux;
using NetControl.Testing;
using static NetControl.Engine.Tests.Devices.DeviceSpecs;

namespace NetControl.Engine.Tests.Devices;

/// <summary>Interfaces that an agent hands over as descriptors, to a process without privileges.</summary>
public sealed class HandedOverTests : IDisposable
{
    private readonly NetNamespace _space = NetNamespace.Create();
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"nc-agent-{Guid.NewGuid():N}.sock");

    public void Dispose() => _space.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Descriptors_AreUsedAsTheyAre_AndTheInterfaceStaysItsAgents(int queues)
    {
        using TunAgent agent = TunAgent.Start(_space, _path, "pod7", queues);
        _space.Ip("addr", "add", "10.77.0.1/24", "dev", "pod7");
        _space.Ip("link", "set", "pod7", "up", "mtu", "1400");
        for (int round = 0; round < 2; round++)
        {
            using TunInterface device = Open();
            Assert.Equal(("pod7", 1400, queues, true), (device.Status.InterfaceName, device.Status.Mtu, device.Status.Queues, device.Status.Adopted));
            Assert.True(device.Status.InterfaceIndex > 0);
            Assert.True(device.VnetHeader);
            Assert.Contains("tso4", device.Status.Offloads, StringComparer.Ordinal);
            Assert.Empty(device.Status.Warnings);
        }

        Assert.Equal(["netcontrol.v1 devices/tun0 interface= queues=2", "netcontrol.v1 devices/tun0 interface= queues=2"], agent.Questions);
        Assert.Contains("10.77.0.1/24", _space.Ip("addr", "show", "dev", "pod7"), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsDeclared_IsSetUp_WhereTheCapabilityIsThere_AndTakenBack()
    {
        using TunAgent agent = TunAgent.Start(_space, _path, "pod7", 1);
        using (TunInterface device = _space.Run(() => TunInterface.Open(Spec("10.77.0.1/24"), new EngineOptions(), 2, NullLogger.Instance)))
        {
            Assert.Contains("10.77.0.1/24", _space.Ip("addr", "show", "dev", "pod7"), StringComparison.Ordinal);
        }

        Assert.DoesNotContain("10.77.0.1/24", _space.Ip("addr", "show", "dev", "pod7"), StringComparison.Ordinal);
    }

    [Fact]
    public void InterfaceOfAnotherNamespace_IsUsed_WithWhatItsAgentGaveIt()
    {
        using NetNamespace pod = NetNamespace.Create();
        using TunAgent agent = TunAgent.Start(pod, _path, "tun0", 1);
        _space.Ip("tuntap", "add", "dev", "tun0", "mode", "tun");
        using (TunInterface device = _space.Run(() => TunInterface.Open(Spec() with { Mtu = 9000 }, new EngineOptions(), 2, NullLogger.Instance)))
        {
            Assert.Equal(("tun0", 0, 9000), (device.Status.InterfaceName, device.Status.InterfaceIndex, device.Status.Mtu));
        }

        EngineException refused = Assert.Throws<EngineException>(
            () => _space.Run(() => TunInterface.Open(Spec("10.77.0.1/24"), new EngineOptions(), 2, NullLogger.Instance)));
        Assert.Contains("another network namespace", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MoreDescriptorsThanLoops_AreClosed_WithAWarning()
    {
        using TunAgent agent = TunAgent.Start(_space, _path, "pod7", 3);
        _space.Ip("link", "set", "pod7", "up");
        using TunInterface device = Open();
        Assert.Equal(2, device.Status.Queues);
        Assert.StartsWith("3 descriptors were handed over, of which 2 are used", Assert.Single(device.Status.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Libc.IFF_TAP | Libc.IFF_NO_PI, "pod7 is a TAP: make a TUN (IFF_TUN)")]
    [InlineData(Libc.IFF_TUN, "attach with IFF_NO_PI")]
    public void DescriptorOfNoUse_IsRefused_WithTheFix(int flags, string text)
    {
        using TunAgent agent = TunAgent.Start(_space, _path, "pod7", 1, flags);
        EngineException refused = Assert.Throws<EngineException>(Open);
        Assert.Equal(EngineError.InterfaceBusy, refused.Error);
        Assert.Contains(text, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void InterfaceOfAnotherName_IsRefused()
    {
        using TunAgent agent = TunAgent.Start(_space, _path, "pod7", 1);
        EngineException refused = Assert.Throws<EngineException>(() => Open(Spec() with { InterfaceName = "pod8" }));
        Assert.Contains("it belongs to pod7, and the device names pod8", refused.Message, StringComparison.Ordinal);
        Assert.Equal("netcontrol.v1 devices/tun0 interface=pod8 queues=2", Assert.Single(agent.Questions));
    }

    [Fact]
    public void AgentThatIsAway_Refuses_OrIsSilent_IsTold()
    {
        ExpectMissing("No such file or directory");
        using (TunAgent agent = TunAgent.Start(_space, _path, "pod7", 0))
        {
            agent.Answer = "the pod is\nnot ready\n";
            ExpectMissing("it sent no descriptor, and said \"the pod is not ready\"");
        }

        using TunAgent silent = TunAgent.Start(_space, _path, "pod7", 1);
        silent.Silent = true;
        ExpectMissing("no answer within 2 s");
    }

    [Fact]
    public void SocketOfAnotherUser_IsNotTrusted()
    {
        using SafeFd listener = new(Libc.Socket(Libc.AF_UNIX, Libc.SOCK_STREAM, 0));
        Assert.Equal(0, Libc.BindPath(listener.Value, _path));
        try
        {
            // The kernel remembers who began to listen: a thread of another user.
            int listened = -1;
            Thread thread = new(() =>
            {
                ThreadUser.Become(1234);
                listened = Libc.Listen(listener.Value, 1);
            });
            thread.Start();
            thread.Join();
            Assert.Equal(0, listened);
            ExpectMissing("user 1234 listens there, who is neither root nor the user of this process");
        }
        finally
        {
            File.Delete(_path);
        }
    }

    private void ExpectMissing(string text)
    {
        EngineException missing = Assert.Throws<EngineException>(Open);
        Assert.Equal(EngineError.DescriptorMissing, missing.Error);
        Assert.Contains(text, missing.Message, StringComparison.Ordinal);
    }

    private DeviceSpec Spec(params string[] addresses) => new()
    {
        Name = "devices/tun0",
        InterfaceName = "",
        DescriptorSocket = _path,
        Addresses = [.. addresses.Select(Prefix)],
    };

    private TunInterface Open() => Open(Spec());

    private TunInterface Open(DeviceSpec spec) => _space.Run(() =>
    {
        ThreadCapabilities.Drop(ThreadCapabilities.NetAdmin);
        return TunInterface.Open(spec, new EngineOptions(), 2, NullLogger.Instance);
    });
}
