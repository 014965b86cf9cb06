using Google.Protobuf;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Validation;
using NetControl.Engine;
using NetControl.Server.Machine;
using NetControl.Server.Mapping;
using NetControl.Server.Telemetry;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Configuration;

/// <summary>Reads a configuration file: YAML, to the ProtoJSON of netcontrol.v1.Configuration, to drafts that are checked as a
/// whole.</summary>
internal static class ConfigurationLoader
{
    private const long LargestFile = 4 << 20;

    /// <summary>Reads and checks a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="ipv6">Whether the devices' IPv6 addresses and routes count.</param>
    /// <exception cref="ConfigurationException">With every violation.</exception>
    public static ServerConfiguration LoadFile(string path, bool ipv6 = true) => Load(ReadFile(path), path, ipv6);

    /// <summary>Reads a file's text.</summary>
    /// <exception cref="ConfigurationException">It cannot be read, or is too long to be meant.</exception>
    public static string ReadFile(string path)
    {
        try
        {
            FileInfo file = new(path);
            if (file.Exists && file.Length > LargestFile)
            {
                throw new ConfigurationException(path,
                    [new Violation("file", $"is {file.Length} bytes long; the limit is {LargestFile}", "TOO_LARGE")]);
            }

            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException(path, [new Violation("file", $"cannot be read: {e.Message}", "UNREADABLE")]);
        }
    }

    /// <summary>Reads and checks a text.</summary>
    /// <exception cref="ConfigurationException">With every violation.</exception>
    public static ServerConfiguration Load(string yaml, string file = "config", bool ipv6 = true)
    {
        ViolationList violations = new();
        using YamlToProtoJson converter = new(violations);
        string json = converter.Convert(yaml, V1.Configuration.Descriptor);
        V1.Configuration message = Parse(json, violations);
        ViolationList meaning = new();
        DesiredState desired = ToDesired(message, meaning);
        DesiredStateValidator.Validate(desired, meaning);
        ListenSettings listen = ListenValidator.Validate(message.Listen ?? new V1.Listen(), message.Audit, meaning);
        EngineOptions engine = ProcessLimitsValidator.Validate(message.Limits ?? new V1.ProcessLimits(), Sizing.Here, meaning);
        TelemetrySettings? telemetry = TelemetryValidator.Validate(message.Telemetry, meaning);

        List<Violation> all = [.. violations.Items, .. meaning.Items.Where(v => !violations.Items.Any(cause => Follows(v, cause)))];
        return all.Count == 0
            ? new ServerConfiguration(listen.Grpc, listen.Http, ipv6 ? desired : Ipv6Presence.Without(desired), engine)
            {
                Ipv6 = ipv6,
                Access = listen.Access,
                Json = listen.Json,
                Health = listen.Health,
                Telemetry = telemetry,
            }
            : throw new ConfigurationException(file, all);
    }

    // What is missing only because its name is misspelt, and what was left out because it could not be read, is not reported twice.
    private static bool Follows(Violation violation, Violation cause) =>
        violation.Field.StartsWith(cause.Field, StringComparison.Ordinal)
        || (Parent(violation.Field) == Parent(cause.Field)
            && (violation.Reason == "REQUIRED" || violation.Description.StartsWith("\"\" ", StringComparison.Ordinal)));

    private static V1.Configuration Parse(string json, ViolationList violations)
    {
        try
        {
            return JsonParser.Default.Parse<V1.Configuration>(json);
        }
        catch (InvalidProtocolBufferException e)
        {
            violations.AddText("document", $"cannot be read: {e.Message}");
            return new V1.Configuration();
        }
    }

    private static DesiredState ToDesired(V1.Configuration message, ViolationList violations) => new()
    {
        Proxies = [.. message.Proxies.Select((p, i) => ToDraft(p, i, violations))],
        Delegates = [.. message.Delegates.Select((d, i) => ToDraft(d, i, violations))],
        Policies = [.. message.Policies.Select(p => p.ToDraft(p.Name))],
        Devices = [.. message.Devices.Select((d, i) => ToDraft(d, i, violations))],
    };

    private static DeviceDraft ToDraft(V1.Device device, int index, ViolationList violations)
    {
        try
        {
            return device.ToDraft(device.Name);
        }
        catch (ControlPlane.Errors.ControlPlaneException e)
        {
            violations.AddText($"devices[{index}].keepAlive", e.Violations[0].Description);
            return new DeviceDraft { Name = device.Name };
        }
    }

    private static DelegateDraft ToDraft(V1.Delegate message, int index, ViolationList violations)
    {
        try
        {
            return message.ToDraft(message.Name);
        }
        catch (ControlPlane.Errors.ControlPlaneException e)
        {
            violations.AddText($"delegates[{index}].failover", e.Violations[0].Description);
            return new DelegateDraft(message.Name, message.Proxy);
        }
    }

    private static ProxyDraft ToDraft(V1.Proxy proxy, int index, ViolationList violations)
    {
        try
        {
            return proxy.ToDraft(index);
        }
        catch (ControlPlane.Errors.ControlPlaneException e)
        {
            foreach (Violation one in e.Violations)
            {
                violations.AddText(one.Field, one.Description, one.Reason);
            }

            return new ProxyDraft { Name = proxy.Name, Config = proxy.Config };
        }
    }

    private static string Parent(string field)
    {
        int dot = field.LastIndexOf('.');
        return dot < 0 ? field : field[..dot];
    }
}
