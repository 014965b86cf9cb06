using NetControl.Server.Configuration;
using NetControl.Server.Security;

namespace NetControl.Server.Tests.Configuration;

public sealed class AccessValidatorTests
{
    [Theory]
    [InlineData("grpc: [\"https://127.0.0.1:1\"]", "listen.grpc[0]: \"https://127.0.0.1:1\" needs a certificate; set listen.tls.certificateFile and listen.tls.keyFile")]
    [InlineData("{grpc: [\"https://0.0.0.0:1\"], tls: {certificateFile: /a, keyFile: /b}}",
        "listen.grpc[0]: \"https://0.0.0.0:1\" is open to the network without asking who calls; set listen.tls.clientCaFile or listen.tokenFile, or set listen.insecure: true")]
    [InlineData("{grpc: [\"http://0.0.0.0:1\"], tokenFile: /t}",
        "listen.grpc[0]: \"http://0.0.0.0:1\" is open to the network without TLS, and whoever reaches it owns the traffic; write http://127.0.0.1:50051 or a unix: path, "
        + "or https:// with listen.tls and clients that are known, or set listen.insecure: true")]
    [InlineData("tls: {certificateFile: /a}", "listen.tls.keyFile: is required with listen.tls; write the path of a PEM file")]
    [InlineData("tls: {certificateFile: a, keyFile: /b}", "listen.tls.certificateFile: \"a\" is not an absolute path; write one that begins with /")]
    [InlineData("tls: {certificateFile: /a, keyFile: /b, clientCaFile: /c}",
        "listen.tls.clients: is empty: no certificate would have a role; write e.g. clients: [{name: \"uri:spiffe://prod.example/orchestrator\", role: ADMIN}]")]
    [InlineData("tls: {certificateFile: /a, keyFile: /b, clients: [{name: \"cn:x\", role: ADMIN}]}",
        "listen.tls.clientCaFile: is required with listen.tls.clients; write the path of a PEM file")]
    [InlineData("tls: {certificateFile: /a, keyFile: /b, clientCaFile: /c, clients: [{name: \"x\", role: ADMIN}]}",
        "listen.tls.clients[0].name: \"x\" is not a name pattern; write uri:, dns:, email: or cn: and a name, e.g. uri:spiffe://prod.example/ns/egress/sa/*")]
    [InlineData("tls: {certificateFile: /a, keyFile: /b, clientCaFile: /c, clients: [{name: \"cn:x\"}]}",
        "listen.tls.clients[0].role: is required; write VIEWER, OPERATOR or ADMIN")]
    [InlineData("unix: {peers: [{role: ADMIN}]}", "listen.unix.peers[0]: needs either user or group; write one of them, by name or number")]
    [InlineData("unix: {peers: [{user: no-such-user, role: ADMIN}]}",
        "listen.unix.peers[0].user: \"no-such-user\" is not a user of this machine; write a name that is, or a number")]
    [InlineData("unix: {group: no-such-group}", "listen.unix.group: \"no-such-group\" is not a group of this machine; write a name that is, or a number")]
    [InlineData("limits: {maxMessageBytes: 12}", "listen.limits.maxMessageBytes: \"12\" is out of range; write 1024 to 67108864, e.g. 4194304")]
    [InlineData("limits: {unaryTimeout: 0s}", "listen.limits.unaryTimeout: \"0s\" is out of range; write 1s to 86400s, e.g. 60s")]
    [InlineData("anonymousRole: king",
        "listen.anonymousRole: \"king\" is not a known value (line 2); write one of NONE, VIEWER, OPERATOR, ADMIN")]
    [InlineData("http: \"https://127.0.0.1:9464\"",
        "listen.http: \"https://127.0.0.1:9464\" is not a listen address; write e.g. http://127.0.0.1:9464, or off")]
    public void Load_OfOneFault_SaysFieldValueAndFix(string listen, string expected)
    {
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => ConfigurationLoader.Load($"listen:\n  {listen}\n"));
        Assert.Equal(expected, Assert.Single(e.Violations).ToString());
    }

    [Theory]
    [InlineData("", "Admin")]
    [InlineData("tokenFile: /t", "None")]
    [InlineData("{tokenFile: /t, anonymousRole: viewer}", "Viewer")]
    [InlineData("tls: {certificateFile: /a, keyFile: /b}", "Admin")]
    [InlineData("tls: {certificateFile: /a, keyFile: /b, clientCaFile: /c, clients: [{name: \"cn:x\", role: ADMIN}]}", "None")]
    [InlineData("anonymousRole: NONE", "None")]
    public void AnonymousRole_IsAdministrator_UnlessCallersCanBeKnown(string listen, string role) =>
        Assert.Equal(Enum.Parse<Role>(role), ConfigurationLoader.Load($"listen:\n  {listen}\n").Access.AnonymousRole);

    [Fact]
    public void Insecure_LetsEverythingBeyondLoopback() =>
        Assert.Equal(2, ConfigurationLoader.Load("""
            listen:
              insecure: true
              grpc: ["http://0.0.0.0:1", "https://0.0.0.0:2"]
              tls: {certificateFile: /a, keyFile: /b}
            """).Grpc.Count);

    [Fact]
    public void TlsWithKnownClients_IsLetBeyondLoopback() =>
        Assert.True(ConfigurationLoader.Load("""
            listen:
              grpc: ["https://0.0.0.0:2"]
              tls: {certificateFile: /a, keyFile: /b}
              tokenFile: /t
            """).Grpc[0].IsTls);

    [Fact]
    public void Limits_AreRead() =>
        Assert.Equal((7, TimeSpan.FromSeconds(5), 4 << 20), ConfigurationLoader.Load("listen:\n  limits: {maxWatchers: 7, unaryTimeout: 5s}\n").Access.Limits
            is var limits ? (limits.MaxWatchers, limits.UnaryTimeout, limits.MaxMessageBytes) : default);
}
