using Google.Protobuf.WellKnownTypes;
using NetControl.ControlPlane.Conditions;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Mapping;

/// <summary>Conditions of resources to messages.</summary>
internal static class ConditionMapping
{
    public static V1.Condition ToMessage(this Condition condition) => new()
    {
        Type = condition.Type,
        Status = condition.Holds ? V1.Condition.Types.Status.True : V1.Condition.Types.Status.False,
        Reason = condition.Reason,
        Message = condition.Message,
        LastTransitionTime = condition.Since.ToTimestamp(),
    };
}
