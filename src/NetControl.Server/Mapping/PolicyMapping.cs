using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using NetControl.ControlPlane.Policies;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Validation;
using NetControl.Engine.Policies;
using NetControl.Engine.Sessions;
using NetControl.Network;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Mapping;

/// <summary>Policies between messages and the control plane's words.</summary>
internal static class PolicyMapping
{
    private static readonly string[] s_writable = ["rules", "default_action"];

    public static PolicyDraft ToDraft(this V1.Policy message, string name) => new()
    {
        Name = name,
        Rules = [.. message.Rules.Select(ToDraft)],
        DefaultAction = Word(message.DefaultAction),
    };

    public static V1.Policy ToMessage(this PolicyView view) => new()
    {
        Name = view.Meta.Name,
        Uid = view.Meta.Uid,
        Etag = view.Meta.Etag,
        Generation = view.Meta.Generation,
        CreateTime = view.Meta.CreateTime.ToTimestamp(),
        UpdateTime = view.Meta.UpdateTime.ToTimestamp(),
        Rules = { view.Spec.Rules.Zip(view.Hits, ToMessage) },
        DefaultAction = ToMessage(view.Spec.DefaultAction),
        DefaultHits = view.Hits[^1],
        UsedBy = { view.UsedBy },
    };

    public static Func<PolicyDraft, PolicyDraft> ToPatch(this V1.UpdatePolicyRequest request)
    {
        V1.Policy message = request.Policy ?? new V1.Policy();
        FieldMaskReader mask = new(request.UpdateMask, s_writable);
        PolicyDraft wish = message.ToDraft(message.Name);
        return draft => draft with
        {
            Rules = mask.Covers("rules", message.Rules.Count > 0) ? wish.Rules : draft.Rules,
            DefaultAction = mask.Covers("default_action", message.DefaultAction != V1.PolicyAction.Unspecified)
                ? wish.DefaultAction : draft.DefaultAction,
        };
    }

    public static PolicyQuestion ToQuestion(this V1.EvaluatePolicyRequest request)
    {
        ViolationList violations = new();
        if (!ResourceName.Is(request.Subject, ResourceName.Devices) && !ResourceName.Is(request.Subject, ResourceName.Policies))
        {
            violations.Add("subject", request.Subject, "is neither a device nor a policy", "write e.g. devices/tun0 or policies/default",
                "INVALID_NAME");
        }

        if (request.Protocol is not (V1.SessionProtocol.Tcp or V1.SessionProtocol.Udp))
        {
            violations.AddText("protocol", "is missing; write TCP or UDP", "REQUIRED");
        }

        if (!AddrPort.TryParse(request.Source, out AddrPort source))
        {
            if (IpAddr.TryParse(request.Source, out IpAddr alone))
            {
                source = new AddrPort(alone, 0);
            }
            else
            {
                violations.Add("source", request.Source, "is not an address", "write e.g. 10.77.0.2:40000 or 10.77.0.2", "INVALID_ADDRESS");
            }
        }

        if (!AddrPort.TryParse(request.Destination, out AddrPort destination))
        {
            violations.Add("destination", request.Destination, "is not an address with a port", "write e.g. 198.51.100.7:443", "INVALID_ADDRESS");
        }

        violations.ThrowIfAny("");
        SessionProtocol protocol = request.Protocol == V1.SessionProtocol.Udp ? SessionProtocol.Udp : SessionProtocol.Tcp;
        return new PolicyQuestion(request.Subject, protocol, source, destination);
    }

    public static V1.EvaluatePolicyResponse ToMessage(this PolicyVerdict verdict) => new()
    {
        Policy = verdict.Policy,
        Generation = verdict.Generation,
        Action = ToMessage(verdict.Action),
        Rule = verdict.Rule,
        Egress = verdict.Egress,
        Proxy = verdict.Proxy,
        Trace =
        {
            verdict.Trace.Select(step =>
                new V1.PolicyTraceStep { Rule = step.Rule, Mismatch = (V1.PolicyTraceStep.Types.Mismatch)(int)step.Mismatch }),
        },
    };

    private static PolicyRuleDraft ToDraft(V1.PolicyRule message) => new()
    {
        Id = message.Id,
        Description = message.Description,
        Action = Word(message.Action),
        Target = message.Target,
        Protocol = message.Protocol switch
        {
            V1.SessionProtocol.Unspecified => "",
            V1.SessionProtocol.Tcp => "TCP",
            V1.SessionProtocol.Udp => "UDP",
            _ => Number((int)message.Protocol),
        },
        Sources = [.. message.Sources],
        Destinations = [.. message.Destinations],
        Ports = [.. message.Ports],
    };

    private static V1.PolicyRule ToMessage(PolicyRuleSpec rule, long hits) => new()
    {
        Id = rule.Id,
        Description = rule.Description,
        Action = ToMessage(rule.Action),
        Target = rule.Target,
        Protocol = rule.Protocol switch
        {
            SessionProtocol.Tcp => V1.SessionProtocol.Tcp,
            SessionProtocol.Udp => V1.SessionProtocol.Udp,
            _ => V1.SessionProtocol.Unspecified,
        },
        Sources = { rule.Sources.Select(prefix => prefix.ToString()) },
        Destinations = { rule.Destinations.Select(prefix => prefix.ToString()) },
        Ports = { rule.Ports.Select(range => range.First == range.Last ? $"{range.First}" : $"{range.First}-{range.Last}") },
        Hits = hits,
    };

    private static V1.PolicyAction ToMessage(PolicyAction action) => action switch
    {
        PolicyAction.Allow => V1.PolicyAction.Allow,
        PolicyAction.Deny => V1.PolicyAction.Deny,
        PolicyAction.Drop => V1.PolicyAction.Drop,
        _ => V1.PolicyAction.Route,
    };

    // A number that this version does not know stays one, so that the validator can quote it.
    private static string Word(V1.PolicyAction action) => action switch
    {
        V1.PolicyAction.Unspecified => "",
        V1.PolicyAction.Allow => "ALLOW",
        V1.PolicyAction.Deny => "DENY",
        V1.PolicyAction.Drop => "DROP",
        V1.PolicyAction.Route => "ROUTE",
        _ => Number((int)action),
    };

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
