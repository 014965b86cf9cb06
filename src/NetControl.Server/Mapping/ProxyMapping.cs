using Google.Protobuf.WellKnownTypes;
using NetControl.ControlPlane.Proxies;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Validation;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Mapping;

/// <summary>Proxies between messages and the control plane's words.</summary>
internal static class ProxyMapping
{
    private const string ConfigPath = "config";
    private const string IdlePath = "udp_idle_timeout";

    public static ProxyDraft ToDraft(this V1.Proxy message, string name) => new()
    {
        Name = name,
        Config = message.Config,
        UdpIdleTimeout = message.UdpIdleTimeout.ToTimeSpanOrNull("proxy.udp_idle_timeout"),
    };

    public static V1.Proxy ToMessage(this ProxyView view) => new()
    {
        Name = view.Meta.Name,
        Uid = view.Meta.Uid,
        Etag = view.Meta.Etag,
        Generation = view.Meta.Generation,
        CreateTime = view.Meta.CreateTime.ToTimestamp(),
        UpdateTime = view.Meta.UpdateTime.ToTimestamp(),
        Config = view.Config,
        UdpIdleTimeout = view.UdpIdleTimeout.ToDuration(),
        State = view.UsedBy.Count > 0 ? V1.Proxy.Types.State.InUse : V1.Proxy.Types.State.Idle,
        UsedBy = { view.UsedBy },
        Conditions = { view.Conditions.Select(c => c.ToMessage()) },
        NoPacketsReason = view.NoPacketsReason ?? "",
    };

    public static ProxyPatch ToPatch(this V1.UpdateProxyRequest request)
    {
        V1.Proxy proxy = request.Proxy ?? new V1.Proxy();
        ViolationList violations = new();
        bool config = proxy.Config.Length > 0;
        bool idle = proxy.UdpIdleTimeout is not null;
        if (request.UpdateMask is { Paths.Count: > 0 } mask)
        {
            bool all = mask.Paths.Contains("*");
            config = all || mask.Paths.Contains(ConfigPath);
            idle = all || mask.Paths.Contains(IdlePath);
            for (int i = 0; i < mask.Paths.Count; i++)
            {
                if (mask.Paths[i] is not ("*" or ConfigPath or IdlePath))
                {
                    violations.Add($"update_mask.paths[{i}]", mask.Paths[i], "is not a field that can be updated",
                        $"write {ConfigPath}, {IdlePath} or *", "INVALID_FIELD_MASK");
                }
            }
        }

        violations.ThrowIfAny(proxy.Name);
        return new ProxyPatch
        {
            Config = config ? proxy.Config : null,
            SetsUdpIdleTimeout = idle,
            UdpIdleTimeout = idle ? proxy.UdpIdleTimeout.ToTimeSpanOrNull("proxy.udp_idle_timeout") : null,
        };
    }
}
