using Google.Protobuf.WellKnownTypes;
using NetControl.ControlPlane.Conditions;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Validation;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Mapping;

/// <summary>What several resources' mappings share: names, durations, policies.</summary>
internal static class CommonMapping
{
    /// <summary>The name of a resource to create: from the id, else from the message, else made here.</summary>
    public static string NameToCreate(string collection, string prefix, string idField, string id, string nameField, string name)
    {
        ViolationList violations = new();
        string fromId = $"{collection}/{id}";
        if (id.Length > 0 && !ResourceName.IsId(id))
        {
            violations.Add(idField, id, "is not an id", $"write 1 to 63 characters [a-z][a-z0-9-]*, e.g. {prefix}0", "INVALID_NAME");
        }
        else if (id.Length > 0 && name.Length > 0 && name != fromId)
        {
            violations.Add(nameField, name, $"contradicts {idField} \"{id}\"", $"leave one of them out, or write {fromId}", "CONFLICT");
        }

        violations.ThrowIfAny(name);
        return id.Length > 0 ? fromId : name.Length > 0 ? name : $"{collection}/{ResourceName.NewId(prefix)}";
    }

    public static V1.Condition ToMessage(this Condition condition) => new()
    {
        Type = condition.Type,
        Status = condition.Holds ? V1.Condition.Types.Status.True : V1.Condition.Types.Status.False,
        Reason = condition.Reason,
        Message = condition.Message,
        LastTransitionTime = condition.Since.ToTimestamp(),
    };

    public static TimeSpan? ToTimeSpanOrNull(this Duration? duration, string field)
    {
        if (duration is null)
        {
            return null;
        }

        try
        {
            return duration.ToTimeSpan();
        }
        catch (Exception e) when (e is InvalidOperationException or OverflowException)
        {
            throw ControlPlaneException.Invalid(new Violation(field,
                "is not a valid duration; seconds and nanos need the same sign and the range of google.protobuf.Duration", "INVALID_VALUE"));
        }
    }

    public static ExistingPolicy ToPolicy(this V1.ExistingSessions existing) => existing switch
    {
        V1.ExistingSessions.Unspecified or V1.ExistingSessions.Keep => ExistingPolicy.Keep,
        V1.ExistingSessions.Drain => ExistingPolicy.Drain,
        V1.ExistingSessions.Close => ExistingPolicy.Close,
        _ => throw ControlPlaneException.Invalid(new Violation("existing", $"{(int)existing}", "is not a policy this server knows",
            "write KEEP, DRAIN or CLOSE", "UNKNOWN_ENUM_VALUE")),
    };
}
