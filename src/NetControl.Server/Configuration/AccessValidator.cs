using Google.Protobuf.WellKnownTypes;
using NetControl.ControlPlane.Validation;
using NetControl.Server.Limits;
using NetControl.Server.Security;
using NetControl.Server.Security.Certificates;
using NetControl.Server.Security.Peers;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Configuration;

/// <summary>Checks who is let in, and fills in the defaults. Files are looked into later, when they are loaded.</summary>
internal static class AccessValidator
{
    private const string Roles = "write VIEWER, OPERATOR or ADMIN";

    public static AccessSettings Validate(V1.Listen listen, V1.Audit? audit, ViolationList violations)
    {
        V1.ListenTls tls = listen.Tls ?? new V1.ListenTls();
        V1.ListenUnix unix = listen.Unix ?? new V1.ListenUnix();
        CheckFile("listen.tls.certificateFile", tls.CertificateFile, violations);
        CheckFile("listen.tls.keyFile", tls.KeyFile, violations);
        CheckFile("listen.tls.clientCaFile", tls.ClientCaFile, violations);
        CheckFile("listen.tokenFile", listen.TokenFile, violations);
        CheckFile("audit.file", audit?.File ?? "", violations);
        if (listen.Tls is not null && (tls.CertificateFile.Length == 0 || tls.KeyFile.Length == 0))
        {
            string missing = tls.CertificateFile.Length == 0 ? "certificateFile" : "keyFile";
            violations.AddText($"listen.tls.{missing}", "is required with listen.tls; write the path of a PEM file", "REQUIRED");
        }

        if (tls.ClientCaFile.Length > 0 && tls.Clients.Count == 0)
        {
            violations.AddText("listen.tls.clients", "is empty: no certificate would have a role; write e.g. "
                + "clients: [{name: \"uri:spiffe://prod.example/orchestrator\", role: ADMIN}]", "REQUIRED");
        }
        else if (tls.ClientCaFile.Length == 0 && tls.Clients.Count > 0)
        {
            violations.AddText("listen.tls.clientCaFile", "is required with listen.tls.clients; write the path of a PEM file",
                "REQUIRED");
        }

        bool knows = tls.ClientCaFile.Length > 0 || listen.TokenFile.Length > 0;
        return new AccessSettings
        {
            CertificateFile = tls.CertificateFile,
            KeyFile = tls.KeyFile,
            ClientCaFile = tls.ClientCaFile,
            CertificateRules = CertificateRules(tls, violations),
            PeerRules = PeerRules(unix, violations),
            SocketOwner = Account("listen.unix.owner", unix.Owner, AccountNames.User, "user", violations),
            SocketGroup = Account("listen.unix.group", unix.Group, AccountNames.Group, "group", violations),
            TokenFile = listen.TokenFile,
            AnonymousRole = listen.AnonymousRole.ToRole() ?? (knows ? Role.None : Role.Admin),
            Insecure = listen.Insecure,
            Reflection = !listen.HasReflection || listen.Reflection,
            Limits = LimitsOf(listen.Limits ?? new V1.ListenLimits(), violations),
            AuditFile = audit?.File ?? "",
        };
    }

    private static void CheckFile(string field, string path, ViolationList violations)
    {
        if (path.Length > 0 && !path.StartsWith('/'))
        {
            violations.Add(field, path, "is not an absolute path", "write one that begins with /", "INVALID_PATH");
        }
    }

    private static List<CertificateRule> CertificateRules(V1.ListenTls tls, ViolationList violations)
    {
        List<CertificateRule> rules = [];
        for (int i = 0; i < tls.Clients.Count; i++)
        {
            string field = $"listen.tls.clients[{i}]";
            Role role = RoleOf($"{field}.role", tls.Clients[i].Role, violations);
            if (CertificateRule.TryParse(tls.Clients[i].Name, role, out CertificateRule? rule))
            {
                rules.Add(rule);
            }
            else
            {
                violations.Add($"{field}.name", tls.Clients[i].Name, "is not a name pattern",
                    "write uri:, dns:, email: or cn: and a name, e.g. uri:spiffe://prod.example/ns/egress/sa/*", "INVALID_NAME_PATTERN");
            }
        }

        return rules;
    }

    private static List<PeerRule> PeerRules(V1.ListenUnix unix, ViolationList violations)
    {
        List<PeerRule> rules = [];
        for (int i = 0; i < unix.Peers.Count; i++)
        {
            V1.PeerRole peer = unix.Peers[i];
            string field = $"listen.unix.peers[{i}]";
            Role role = RoleOf($"{field}.role", peer.Role, violations);
            if (peer.User.Length == 0 == (peer.Group.Length == 0))
            {
                violations.AddText(field, "needs either user or group; write one of them, by name or number", "REQUIRED");
                continue;
            }

            rules.Add(new PeerRule(Account($"{field}.user", peer.User, AccountNames.User, "user", violations),
                Account($"{field}.group", peer.Group, AccountNames.Group, "group", violations), role));
        }

        return rules;
    }

    private static uint? Account(string field, string text, Func<string, uint?> find, string kind, ViolationList violations)
    {
        if (text.Length == 0)
        {
            return null;
        }

        uint? id = find(text);
        if (id is null)
        {
            violations.Add(field, text, $"is not a {kind} of this machine", "write a name that is, or a number", "UNKNOWN_ACCOUNT");
        }

        return id;
    }

    // NONE is a role here: it shuts somebody out whom a later or a built-in rule would let in.
    private static Role RoleOf(string field, V1.Role role, ViolationList violations)
    {
        if (role.ToRole() is { } known)
        {
            return known;
        }

        violations.AddText(field, $"is required; {Roles}", "REQUIRED");
        return Role.None;
    }

    private static CallLimits LimitsOf(V1.ListenLimits limits, ViolationList violations)
    {
        CallLimits defaults = new();
        return new CallLimits
        {
            MaxMessageBytes = Number("maxMessageBytes", limits.MaxMessageBytes, defaults.MaxMessageBytes, 1024, 64 << 20),
            MaxStreamsPerConnection = Number("maxStreamsPerConnection", limits.MaxStreamsPerConnection, defaults.MaxStreamsPerConnection),
            MaxConnections = Number("maxConnections", limits.MaxConnections, defaults.MaxConnections),
            MaxWatchersPerCaller = Number("maxWatchersPerCaller", limits.MaxWatchersPerCaller, defaults.MaxWatchersPerCaller),
            MaxWatchers = Number("maxWatchers", limits.MaxWatchers, defaults.MaxWatchers),
            UnaryTimeout = Time("unaryTimeout", limits.UnaryTimeout, defaults.UnaryTimeout),
            CallsPerSecond = Number("callsPerSecond", limits.CallsPerSecond, defaults.CallsPerSecond),
            CallBurst = Number("callBurst", limits.CallBurst, defaults.CallBurst),
            KeepaliveTime = Time("keepaliveTime", limits.KeepaliveTime, defaults.KeepaliveTime),
            KeepaliveTimeout = Time("keepaliveTimeout", limits.KeepaliveTimeout, defaults.KeepaliveTimeout),
            IdleTimeout = Time("idleTimeout", limits.IdleTimeout, defaults.IdleTimeout),
            HandshakeTimeout = Time("handshakeTimeout", limits.HandshakeTimeout, defaults.HandshakeTimeout),
        };

        int Number(string name, uint value, int standard, int least = 1, int most = 1_000_000)
        {
            if (value != 0 && (value < least || value > most))
            {
                violations.AddOutOfRange($"listen.limits.{name}", $"{value}", $"write {least} to {most}, e.g. {standard}");
            }

            return value == 0 ? standard : (int)Math.Min(value, int.MaxValue);
        }

        TimeSpan Time(string name, Duration? value, TimeSpan standard)
        {
            if (value is null)
            {
                return standard;
            }

            if (value.Seconds is < 1 or > 86400)
            {
                violations.AddOutOfRange($"listen.limits.{name}", value.ToDiagnosticString().Trim('"'),
                    $"write 1s to 86400s, e.g. {standard.TotalSeconds}s");
                return standard;
            }

            return value.ToTimeSpan();
        }
    }
}
