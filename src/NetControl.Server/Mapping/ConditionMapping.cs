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
        Status = condition.Holds switch
        {
            true => V1.Condition.Types.Status.True,
            false => V1.Condition.Types.Status.False,
            null => V1.Condition.Types.Status.Unknown,
        },
        Reason = condition.Reason,
        Message = condition.Message,
        LastTransitionTime = condition.Since.ToTimestamp(),
    };
}
