using Microsoft.Extensions.Logging;

namespace NetControl.Engine.Devices;

/// <summary>What opening and giving back interfaces has to say to an operator.</summary>
internal static partial class DeviceLog
{
    [LoggerMessage(
        100, LogLevel.Information, "Interface {Name} is open: {Queues} queues, MTU {Mtu}, adopted: {Adopted}, offloads: {Offloads}")]
    public static partial void Opened(ILogger logger, string name, int queues, int mtu, bool adopted, string offloads);

    [LoggerMessage(101, LogLevel.Warning, "Interface {Name}: {Warning}")]
    public static partial void Degraded(ILogger logger, string name, string warning);

    [LoggerMessage(102, LogLevel.Warning, "Interface {Name} is given back, but could not {What}")]
    public static partial void NotTakenBack(ILogger logger, string name, string what, Exception exception);

    [LoggerMessage(103, LogLevel.Information, "Removed what a former process left: {What}")]
    public static partial void LeftoverRemoved(ILogger logger, string what);

    [LoggerMessage(104, LogLevel.Warning, "Cannot remove what a former process may have left: {Why}")]
    public static partial void LeftoversStay(ILogger logger, string why);

    [LoggerMessage(105, LogLevel.Information, "Interface {Name} was changed in place: MTU {Mtu}")]
    public static partial void Changed(ILogger logger, string name, int mtu);
}
