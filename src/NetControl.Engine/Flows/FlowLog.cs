using Microsoft.Extensions.Logging;
using NetControl.Network;

namespace NetControl.Engine.Flows;

/// <summary>What flows say. Nothing here is said per packet.</summary>
internal static partial class FlowLog
{
    [LoggerMessage(10, LogLevel.Debug, "dial to {Destination} through {Proxy} failed ({Failure}): {Message}")]
    public static partial void DialFailed(ILogger logger, AddrPort destination, string proxy, DialFailure failure, string message);

    [LoggerMessage(11, LogLevel.Debug, "UDP session of {Source} through {Proxy} could not be opened: {Message}")]
    public static partial void UdpSessionFailed(ILogger logger, AddrPort source, string proxy, string message);

    [LoggerMessage(13, LogLevel.Warning,
        "{Device}: a packet of our own upstream socket, {Source} to {Destination}, came back in and was refused; a rule is missing that leads "
        + "marked packets past the device, e.g. 'ip {Family} rule add priority {Priority} fwmark {Mark} lookup main'; netctl diagnose says more")]
    public static partial void UpstreamLoop(
        ILogger logger, string device, AddrPort source, AddrPort destination, string family, uint priority, string mark);

    [LoggerMessage(12, LogLevel.Error, "a session of {Source} met a fault of ours and was reset")]
    public static partial void Fault(ILogger logger, AddrPort source, Exception error);
}
