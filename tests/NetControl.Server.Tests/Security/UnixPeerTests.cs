using Grpc.Core;
using NetControl.Protocol.V1;
using NetControl.Server.Security.Peers;
using Role = NetControl.Server.Security.Role;

namespace NetControl.Server.Tests.Security;

public sealed class UnixPeerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("netcontrol").FullName;
    private readonly uint _self = Engine.Hardening.ProcessHardening.EffectiveUserId;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task OwnUser_IsAnAdministrator_AndIsKnownByPid()
    {
        string log = Path.Combine(_folder, "audit");
        await using SecureServer server = await StartAsync("", $"audit: {{file: {log}}}");
        Assert.Equal((StatusCode.OK, ""), await CreateAsync(server));
        string line = await File.ReadAllTextAsync(log);
        Assert.Contains($"\"identity\":\"uid:{_self}\",\"method\":\"unix_peer\",\"role\":\"admin\",\"address\":\"unix:pid={Environment.ProcessId},",
            line, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite,
            File.GetUnixFileMode(Path.Combine(_folder, "s.sock")));
    }

    [Theory]
    [InlineData("user: \"{0}\", role: VIEWER", StatusCode.PermissionDenied, "ROLE_TOO_LOW")]
    [InlineData("user: \"{0}\", role: NONE", StatusCode.PermissionDenied, "NO_ROLE")]
    [InlineData("user: \"4242\", role: NONE", StatusCode.OK, "")]
    public async Task Rules_ComeBeforeTheDefault(string rule, StatusCode code, string reason)
    {
        string text = rule.Replace("{0}", $"{_self}", StringComparison.Ordinal);
        await using SecureServer server = await StartAsync($"  unix: {{peers: [{{{text}}}]}}");
        Assert.Equal((code, reason), await CreateAsync(server));
    }

    [Theory]
    [InlineData(0u, 0u, "Admin")]
    [InlineData(1000u, 7u, "Admin")]
    [InlineData(1001u, 50u, "Operator")]
    [InlineData(1001u, 7u, "None")]
    [InlineData(1002u, 50u, "Viewer")]
    public void RoleOf_IsTheFirstRuleThatFits_ThenRootAndSelf_ThenNobody(uint uid, uint gid, string role)
    {
        PeerRule[] rules = [new(1002, null, Role.Viewer), new(null, 50, Role.Operator)];
        Assert.Equal(Enum.Parse<Role>(role), PeerRule.RoleOf(new PeerCredentials(1, uid, gid), rules, own: 1000));
    }

    [Theory]
    [InlineData("root", 0u)]
    [InlineData("12", 12u)]
    [InlineData("4294967295", null)]
    [InlineData("nobody-knows", null)]
    [InlineData("-1", null)]
    public void Account_IsFoundByNameOrNumber(string text, uint? id) => Assert.Equal(id, AccountNames.User(text));

    private Task<SecureServer> StartAsync(string more, string top = "") => SecureServer.StartAsync($"""
        listen:
          grpc: ["unix:{_folder}/s.sock"]
          http: off
        {more}
        {top}
        """);

    private static Task<(StatusCode Code, string Reason)> CreateAsync(SecureServer server) => SecureServer.OutcomeAsync(async () =>
        await new ProxyService.ProxyServiceClient(server.Connect()).CreateProxyAsync(new CreateProxyRequest { ProxyId = "new", Proxy = new Proxy() }));
}
