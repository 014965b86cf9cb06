using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Validation;

namespace NetControl.ControlPlane.Tests.Validation;

public sealed class DeviceValidatorTests
{
    [Theory]
    [InlineData("10.77.0.1/33", "addresses[0]: \"10.77.0.1/33\" is not an address with prefix length; write e.g. 10.77.0.1/24")]
    [InlineData("10.77.0.1", "addresses[0]: \"10.77.0.1\" is not an address with prefix length; write e.g. 10.77.0.1/24")]
    [InlineData("fd77::1", "addresses[0]: \"fd77::1\" is not an address with prefix length; write e.g. fd77::1/64")]
    [InlineData("tun", "addresses[0]: \"tun\" is not an address with prefix length; write e.g. 10.77.0.1/24 or fd77::1/64")]
    [InlineData("0.0.0.0/8", "addresses[0]: \"0.0.0.0/8\" cannot be an interface's address; write a unicast address, e.g. 10.77.0.1/24")]
    [InlineData("ff02::1/64", "addresses[0]: \"ff02::1/64\" cannot be an interface's address; write a unicast address, e.g. 10.77.0.1/24")]
    public void Address_Invalid_SaysValueAndFix(string address, string expected) =>
        Assert.Equal([expected], Violations(new DeviceDraft { Name = "devices/tun0", Addresses = [address] }));

    [Theory]
    [InlineData("198.18.0.1/15", "routes[0]: \"198.18.0.1/15\" has bits set beyond its prefix length; write 198.18.0.0/15")]
    [InlineData("::/129", "routes[0]: \"::/129\" is not a network with prefix length; write e.g. ::/64")]
    [InlineData("default", "routes[0]: \"default\" is not a network with prefix length; write e.g. 198.18.0.0/15 or ::/0")]
    public void Route_Invalid_SaysValueAndFix(string route, string expected) =>
        Assert.Equal([expected], Violations(new DeviceDraft { Name = "devices/tun0", Routes = [route] }));

    [Theory]
    [InlineData("devices/Tun0")]
    [InlineData("devices/0tun")]
    [InlineData("devices/")]
    [InlineData("tun0")]
    [InlineData("proxies/tun0")]
    public void Name_Invalid_IsRefused(string name) =>
        Assert.Contains("is not the name of a device", Violations(new DeviceDraft { Name = name })[0], StringComparison.Ordinal);

    [Theory]
    [InlineData(1279, false)]
    [InlineData(1280, true)]
    [InlineData(65535, true)]
    [InlineData(65536, false)]
    [InlineData(0, true)]
    public void Mtu_AtItsBounds_IsJudged(long mtu, bool valid) =>
        Assert.Equal(valid, Violations(new DeviceDraft { Name = "devices/tun0", Mtu = mtu }).Count == 0);

    [Fact]
    public void Limits_OutOfRange_AreAllReported()
    {
        DeviceDraft draft = new()
        {
            Name = "devices/tun0",
            Limits = new Engine.Devices.DeviceLimits
            {
                MaxTcpSessions = 10_000_001,
                MaxUdpSessions = 0,
                MaxHalfOpen = 4_000_000_000,
                MaxBufferBytes = 1000,
                MaxReassemblyBytes = long.MaxValue,
            },
        };
        Assert.Equal(
            ["limits.max_tcp_sessions", "limits.max_half_open", "limits.max_buffer_bytes", "limits.max_reassembly_bytes"],
            Violations(draft).Select(v => v[..v.IndexOf(':', StringComparison.Ordinal)]));
    }

    [Fact]
    public void Draft_WithManyFaults_ReportsAllAtOnce()
    {
        DeviceDraft draft = new()
        {
            Name = "devices/a-name-longer-than-an-interface",
            Mtu = 1,
            Queues = 1000,
            Addresses = ["10.0.0.1/24", "10.0.0.1/8", "x"],
            Routes = ["0.0.0.0/0", "0.0.0.0/0"],
            StreamDialer = "egress",
        };
        Assert.Equal(
            ["interface", "mtu", "queues", "addresses[1]", "addresses[2]", "routes[1]", "stream_dialer"],
            Violations(draft).Select(v => v[..v.IndexOf(':', StringComparison.Ordinal)]));
    }

    [Theory]
    [InlineData("/run/agent/tun.sock", null)]
    [InlineData("run/tun.sock", "descriptor_socket: \"run/tun.sock\" is not an absolute path; write e.g. /run/node-agent/tun.sock")]
    [InlineData("@tun", "descriptor_socket: \"@tun\" is not an absolute path; write e.g. /run/node-agent/tun.sock")]
    public void DescriptorSocket_IsAnAbsolutePath(string path, string? fault) =>
        Assert.Equal(fault is null ? [] : [fault], Violations(new DeviceDraft { Name = "devices/tun0", DescriptorSocket = path }));

    [Fact]
    public void DescriptorSocket_TooLong_IsRefused_AndWithItTheInterfaceHasNoNameYet()
    {
        Assert.Contains("is longer than the 107 bytes", Assert.Single(Violations(
            new DeviceDraft { Name = "devices/tun0", DescriptorSocket = "/" + new string('a', 107) })), StringComparison.Ordinal);
        DeviceDraft draft = new() { Name = "devices/a-name-longer-than-an-interface", DescriptorSocket = "/" + new string('a', 106) };
        Assert.Equal("", DeviceValidator.Validate(draft, "", FieldNaming.Proto, new ViolationList())!.Interface);
    }

    [Fact]
    public void DefaultRoutes_BothFamilies_AreAllowed() =>
        Assert.Empty(Violations(new DeviceDraft { Name = "devices/tun0", Routes = ["0.0.0.0/0", "::/0"] }));

    private static List<string> Violations(DeviceDraft draft)
    {
        ViolationList list = new();
        DeviceValidator.Validate(draft, "", FieldNaming.Proto, list);
        return [.. list.Items.Select(v => v.ToString())];
    }
}
