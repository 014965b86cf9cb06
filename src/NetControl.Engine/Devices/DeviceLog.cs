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
}
