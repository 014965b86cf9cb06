using Google.Protobuf.WellKnownTypes;
using NetControl.ControlPlane.Proxies;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Validation;
using NetControl.Transport.Chains;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Mapping;

/// <summary>Proxies between messages and the control plane's words.</summary>
internal static class ProxyMapping
{
    private const string ConfigPath = "config";
    private const string HopsPath = "hops";
    private const string IdlePath = "udp_idle_timeout";
    private static readonly string[] s_writable = [ConfigPath, HopsPath, IdlePath];

    public static ProxyDraft ToDraft(this V1.Proxy message, string name) => message.ToDraft(name, HopFields.Request);

    /// <summary>A proxy of a document, by its place there.</summary>
    public static ProxyDraft ToDraft(this V1.Proxy message, int index) => message.ToDraft(message.Name, HopFields.Document(index));

    public static V1.Proxy ToMessage(this ProxyView view) => new()
    {
        Name = view.Meta.Name,
        Uid = view.Meta.Uid,
        Etag = view.Meta.Etag,
        Generation = view.Meta.Generation,
        CreateTime = view.Meta.CreateTime.ToTimestamp(),
        UpdateTime = view.Meta.UpdateTime.ToTimestamp(),
        Config = view.Config,
        Hops = { view.Chain.ToRedactedMessages() },
        UdpIdleTimeout = view.UdpIdleTimeout.ToDuration(),
        State = view.UsedBy.Count > 0 ? V1.Proxy.Types.State.InUse : V1.Proxy.Types.State.Idle,
        UsedBy = { view.UsedBy },
        Conditions = { view.Conditions.Select(c => c.ToMessage()) },
        NoPacketsReason = view.NoPacketsReason ?? "",
    };

    public static ProxyPatch ToPatch(this V1.UpdateProxyRequest request)
    {
        V1.Proxy proxy = request.Proxy ?? new V1.Proxy();
        FieldMaskReader mask = new(request.UpdateMask, s_writable, proxy.Name);
        bool config = mask.Covers(ConfigPath, proxy.Config.Length > 0);
        bool hops = mask.Covers(HopsPath, proxy.Hops.Count > 0);
        bool idle = mask.Covers(IdlePath, proxy.UdpIdleTimeout is not null);
        return new ProxyPatch
        {
            Config = config || hops
                ? ChainOf(config ? proxy.Config : "", hops ? proxy.Hops : [], proxy.Name, HopFields.Request) : null,
            SetsUdpIdleTimeout = idle,
            UdpIdleTimeout = idle ? proxy.UdpIdleTimeout.ToTimeSpanOrNull("proxy.udp_idle_timeout") : null,
        };
    }

    private static ProxyDraft ToDraft(this V1.Proxy message, string name, HopFields fields) => new()
    {
        Name = name,
        Config = ChainOf(message.Config, message.Hops, name, fields),
        UdpIdleTimeout = message.UdpIdleTimeout.ToTimeSpanOrNull($"{fields.Prefix}{(fields.Json ? "udpIdleTimeout" : IdlePath)}"),
    };

    /// <summary>The text of a chain that is given as text, as hops, or as both.</summary>
    private static string ChainOf(string config, IReadOnlyList<V1.Hop> hops, string name, HopFields fields)
    {
        if (hops.Count == 0)
        {
            return config;
        }

        // Also one that says "as it is": what is hidden cannot be compared.
        ViolationList violations = new();
        if (!HopRegistry.Standard.TryParse(config, out Chain? text, out ChainError? error))
        {
            violations.AddText(fields.Prefix + ConfigPath, error.ToString(), "INVALID_PROXY_CONFIG");
        }

        violations.ThrowIfAny(name);
        Chain? chain = HopMapping.ReadForUse(hops, fields, violations);
        violations.ThrowIfAny(name);
        if (config.Length == 0)
        {
            return chain!.Text;
        }

        if (chain is not null && text is not null && !chain.ToMessages().SequenceEqual(text.ToMessages()))
        {
            violations.Add(fields.Prefix + ConfigPath, text.Redacted, $"is another chain than {fields.Prefix}{HopsPath}",
                "leave one of them out", "CONFLICT");
            violations.Add(fields.Prefix + HopsPath, chain.Redacted, $"is another chain than {fields.Prefix}{ConfigPath}",
                "leave one of them out", "CONFLICT");
            violations.ThrowIfAny(name);
        }

        return config;
    }
}
