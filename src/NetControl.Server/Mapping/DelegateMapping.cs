using Google.Protobuf.WellKnownTypes;
using NetControl.ControlPlane.Delegates;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Validation;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Mapping;

/// <summary>Delegates between messages and the control plane's words.</summary>
internal static class DelegateMapping
{
    private static readonly string[] s_writable = ["proxies", "failover"];

    public static V1.Delegate ToMessage(this DelegateView view) => new()
    {
        Name = view.Meta.Name,
        Uid = view.Meta.Uid,
        Etag = view.Meta.Etag,
        Generation = view.Meta.Generation,
        CreateTime = view.Meta.CreateTime.ToTimestamp(),
        UpdateTime = view.Meta.UpdateTime.ToTimestamp(),
        Proxy = view.Proxy,
        State = view.Proxy.Length == 0 ? V1.Delegate.Types.State.Blocked
            : view.Draining ? V1.Delegate.Types.State.Draining
            : V1.Delegate.Types.State.Ready,
        UsedBy = { view.UsedBy },
        Proxies = { view.Proxies },
        Failover = view.Failover?.ToMessage(),
        Health = { view.Health.Select(health => health.ToMessage()) },
        LastFailover = view.LastFailover?.ToMessage(),
        Conditions = { view.Conditions.Select(c => c.ToMessage()) },
    };

    public static DelegateDraft ToDraft(this V1.Delegate message, string name) => new(name, message.Proxy)
    {
        Proxies = message.Proxies.Count == 0 ? [] : [.. message.Proxies],
        Failover = message.Failover.ToDraft("delegate.failover"),
    };

    public static DelegatePatch ToPatch(this V1.UpdateDelegateRequest request)
    {
        V1.Delegate message = request.Delegate ?? new V1.Delegate();
        FieldMaskReader mask = new(request.UpdateMask, s_writable);
        DelegateDraft wish = message.ToDraft(message.Name);
        return new DelegatePatch
        {
            Proxies = mask.Covers("proxies", message.Proxies.Count > 0) ? wish.Proxies : null,
            SetsFailover = mask.Covers("failover", message.Failover is not null),
            Failover = wish.Failover,
        };
    }

    public static SwapRequest ToSwap(this V1.SwapDelegateRequest request) => new(
        request.Name,
        request.Proxy,
        request.Existing.ToPolicy(),
        request.DrainTimeout.ToTimeSpanOrNull("drain_timeout"),
        request.Etag);

    public static V1.SwapDelegateResponse ToMessage(this SwapResult result) => new()
    {
        Delegate = result.Delegate.ToMessage(),
        Generation = result.Generation,
        SessionsKept = result.Kept,
        SessionsDraining = result.Draining,
        SessionsClosed = result.Closed,
    };

    private static ExistingPolicy ToPolicy(this V1.ExistingSessions existing) => existing switch
    {
        V1.ExistingSessions.Unspecified or V1.ExistingSessions.Keep => ExistingPolicy.Keep,
        V1.ExistingSessions.Drain => ExistingPolicy.Drain,
        V1.ExistingSessions.Close => ExistingPolicy.Close,
        _ => throw ControlPlaneException.Invalid(new Violation("existing", $"{(int)existing}", "is not a policy this server knows",
            "write KEEP, DRAIN or CLOSE", "UNKNOWN_ENUM_VALUE")),
    };
}
