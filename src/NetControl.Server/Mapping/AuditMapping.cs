using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using NetControl.ControlPlane.Delegates;
using NetControl.ControlPlane.Devices;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Policies;
using NetControl.ControlPlane.Proxies;
using NetControl.Server.Audit;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Mapping;

/// <summary>Changes of resources as the audit log has them, as reads would have shown them; and its entries as messages.</summary>
internal static class AuditMapping
{
    private const int LongestMessage = 16 * 1024;

    // Clients take messages of 4 MiB, unless they are told otherwise.
    private const int LongestRecord = 1024 * 1024;

    public static void AddAll(this IAuditChanges audit, IReadOnlyList<ResourceChange> changes)
    {
        foreach (ResourceChange change in changes)
        {
            AuditChange mapped = change.ToAudit();
            audit.Add(mapped.Resource, mapped.Before, mapped.After);
        }
    }

    public static AuditChange ToAudit(this ResourceChange change) => new(change.Name, ToMessage(change.Before), ToMessage(change.After));

    public static V1.AuditRecord ToMessage(this AuditEntry entry, long sequence)
    {
        V1.AuditRecord record = new()
        {
            Sequence = sequence,
            Time = entry.Time.ToTimestamp(),
            Caller = new V1.AuditCaller
            {
                Identity = entry.Caller?.Identity ?? "",
                Method = entry.Caller is { } caller ? Words.Snake(caller.Method.ToString()) : "",
                Role = entry.Caller is { } known ? Words.Snake(known.Role.ToString()) : "none",
                Address = entry.Address,
            },
            Method = entry.Rpc,
            Resource = RequestFacts.Resource(entry.Request, entry.Response),
            RequestId = entry.Request is null ? "" : RequestFacts.Text(entry.Request, "request_id"),
            ValidateOnly = entry.Request is not null && RequestFacts.Flag(entry.Request, "validate_only"),
            Code = entry.Code == Grpc.Core.StatusCode.OK ? "OK" : Words.UpperSnake(entry.Code.ToString()),
            Reason = entry.Reason,
            Duration = Duration.FromTimeSpan(entry.Duration),
            Cause = entry.Cause switch
            {
                null => V1.AuditCause.Call,
                SystemCause.StartupFile => V1.AuditCause.StartupFile,
                SystemCause.ReloadedFile => V1.AuditCause.ReloadedFile,
                SystemCause.UnconfirmedReverted => V1.AuditCause.UnconfirmedReverted,
                SystemCause.Failover => V1.AuditCause.Failover,
                SystemCause.DrainDeadline => V1.AuditCause.DrainDeadline,
                SystemCause.CredentialsReloaded => V1.AuditCause.CredentialsReloaded,
                SystemCause.ProcessStarted => V1.AuditCause.ProcessStarted,
                SystemCause.ProcessStopped => V1.AuditCause.ProcessStopped,
                SystemCause.Prepared => V1.AuditCause.Prepared,
                SystemCause.Released => V1.AuditCause.Released,
                _ => V1.AuditCause.DeviceReopened,
            },
            Why = entry.Why,
            Stream = entry.Stream is not { } stream ? null : new V1.AuditedStream
            {
                StreamId = stream.Id.ToString(),
                Stage = stream.Ended ? V1.AuditedStream.Types.Stage.Ended : V1.AuditedStream.Types.Stage.Began,
                Capture = stream.Capture,
            },
        };
        if (entry.Request is { } request)
        {
            int bytes = request.CalculateSize();
            record.Request = bytes > LongestMessage ? null : JsonParser.Default.Parse<Struct>(JsonFormatter.Default.Format(request));
            record.RequestTruncatedBytes = bytes > LongestMessage ? bytes : 0;
        }

        int room = LongestRecord;
        foreach (AuditChange change in entry.Changes)
        {
            record.Changes.Add(ToMessage(change, ref room));
        }

        return record;
    }

    private static V1.AuditChange ToMessage(AuditChange change, ref int room)
    {
        int bytes = (change.Before?.CalculateSize() ?? 0) + (change.After?.CalculateSize() ?? 0);
        if (bytes > room)
        {
            return new V1.AuditChange { Resource = change.Resource, Truncated = true };
        }

        room -= bytes;
        return new V1.AuditChange { Resource = change.Resource, Before = Resource(change.Before), After = Resource(change.After) };
    }

    private static V1.AuditedResource? Resource(IMessage? message) => message switch
    {
        V1.Device device => new V1.AuditedResource { Device = device },
        V1.Delegate d => new V1.AuditedResource { Delegate = d },
        V1.Policy policy => new V1.AuditedResource { Policy = policy },
        V1.Proxy proxy => new V1.AuditedResource { Proxy = proxy },
        _ => null,
    };

    private static IMessage? ToMessage(object? view) => view switch
    {
        DeviceView device => device.ToMessage(),
        DelegateView d => d.ToMessage(),
        PolicyView policy => policy.ToMessage(),
        ProxyView proxy => proxy.ToMessage(),
        _ => null,
    };
}
