using Google.Protobuf.WellKnownTypes;
using NetControl.ControlPlane.Configurations;
using NetControl.ControlPlane.Delegates;
using NetControl.ControlPlane.Devices;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Policies;
using NetControl.ControlPlane.Proxies;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Validation;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Mapping;

/// <summary>The configuration as a whole between messages and the control plane's words.</summary>
internal static class ConfigurationMapping
{
    /// <summary>What is wished, without what the server says about it: ApplyConfiguration takes it as it is.</summary>
    public static V1.Configuration ToDocument(this ConfigurationView view) => new()
    {
        Proxies = { view.Proxies.Select(p => Wish(p.ToMessage())) },
        Delegates = { view.Delegates.Select(d => Wish(d.ToMessage())) },
        Policies = { view.Policies.Select(p => Wish(p.ToMessage())) },
        Devices = { view.Devices.Select(d => Wish(d.ToMessage())) },
    };

    public static ApplyRequest ToApply(this V1.ApplyConfigurationRequest request)
    {
        V1.Configuration document = request.Configuration ?? new V1.Configuration();
        ViolationList violations = new();
        foreach ((string field, object? value) in (ReadOnlySpan<(string, object?)>)
            [("listen", document.Listen), ("limits", document.Limits), ("audit", document.Audit), ("telemetry", document.Telemetry)])
        {
            if (value is not null)
            {
                violations.AddText($"configuration.{field}", "is the configuration file's alone; leave it out", "NOT_APPLICABLE");
            }
        }

        violations.ThrowIfAny("");
        return new ApplyRequest(new DesiredState
        {
            Proxies = [.. document.Proxies.Select((p, i) => p.ToDraft(i))],
            Delegates = [.. document.Delegates.Select(d => d.ToDraft(d.Name))],
            Policies = [.. document.Policies.Select(p => p.ToDraft(p.Name))],
            Devices = [.. document.Devices.Select(d => d.ToDraft(d.Name))],
        })
        {
            Prune = request.Prune,
            BaseGeneration = request.HasBaseGeneration ? request.BaseGeneration : null,
            ConfirmTimeout = request.ConfirmTimeout.ToTimeSpanOrNull("confirm_timeout"),
        };
    }

    public static V1.PlanStep ToMessage(this PlanStep step) => new()
    {
        Action = step.Action switch
        {
            PlanAction.Create => V1.PlanStep.Types.Action.Create,
            PlanAction.Update => V1.PlanStep.Types.Action.Update,
            PlanAction.Swap => V1.PlanStep.Types.Action.Swap,
            PlanAction.Reopen => V1.PlanStep.Types.Action.Reopen,
            _ => V1.PlanStep.Types.Action.Delete,
        },
        Name = step.Name,
        SessionsDisrupted = step.SessionsDisrupted,
        Description = step.Description,
    };

    public static V1.PendingConfirmation? ToMessage(this PendingConfirmation? pending) =>
        pending is null ? null : new V1.PendingConfirmation { ConfirmationId = pending.Id, Deadline = pending.Deadline.ToTimestamp() };

    public static V1.ResourceChange ToMessage(this ResourceChange change) => (change.After ?? new object()).ToChange(
        change.Sequence,
        change.Name,
        change.After is null ? V1.ResourceChange.Types.Type.Removed
            : change.Before is null ? V1.ResourceChange.Types.Type.Added
            : change.Derived ? V1.ResourceChange.Types.Type.Status
            : V1.ResourceChange.Types.Type.Modified);

    public static V1.ResourceChange ToChange(this object resource, long sequence, string name, V1.ResourceChange.Types.Type type)
    {
        V1.ResourceChange message = new() { Sequence = sequence, Name = name, Type = type };
        switch (resource)
        {
            case DeviceView device:
                message.Device = device.ToMessage();
                break;
            case DelegateView d:
                message.Delegate = d.ToMessage();
                break;
            case PolicyView policy:
                message.Policy = policy.ToMessage();
                break;
            case ProxyView proxy:
                message.Proxy = proxy.ToMessage();
                break;
        }

        return message;
    }

    private static V1.Proxy Wish(V1.Proxy message)
    {
        // Only the text says "as it is" with REDACTED, and a document that gives both forms would have to be changed in both.
        message.Hops.Clear();
        message.Uid = message.Etag = "";
        message.Generation = 0;
        message.CreateTime = message.UpdateTime = null;
        message.State = V1.Proxy.Types.State.Unspecified;
        message.Conditions.Clear();
        message.UsedBy.Clear();
        message.NoPacketsReason = "";
        return message;
    }

    private static V1.Delegate Wish(V1.Delegate message)
    {
        message.Uid = message.Etag = "";
        message.Generation = 0;
        message.CreateTime = message.UpdateTime = null;
        message.State = V1.Delegate.Types.State.Unspecified;
        message.Conditions.Clear();
        message.UsedBy.Clear();
        message.Health.Clear();
        message.LastFailover = null;
        return message;
    }

    private static V1.Policy Wish(V1.Policy message)
    {
        message.Uid = message.Etag = "";
        message.Generation = message.DefaultHits = 0;
        message.CreateTime = message.UpdateTime = null;
        message.UsedBy.Clear();
        foreach (V1.PolicyRule rule in message.Rules)
        {
            rule.Hits = 0;
        }

        return message;
    }

    private static V1.Device Wish(V1.Device message)
    {
        message.Uid = message.Etag = message.StateMessage = "";
        message.Generation = 0;
        message.CreateTime = message.UpdateTime = null;
        message.State = V1.Device.Types.State.Unspecified;
        message.Conditions.Clear();
        message.Status = null;
        return message;
    }
}
