using Google.Protobuf.WellKnownTypes;
using NetControl.ControlPlane.Delegates;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Mapping;

/// <summary>Delegates between messages and the control plane's words.</summary>
internal static class DelegateMapping
{
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
    };

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
}
