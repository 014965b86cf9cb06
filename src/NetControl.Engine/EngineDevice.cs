#pragma warning disable MA0025 // skeleton: filled in by the engine
using NetControl.Engine.Devices;
using NetControl.Engine.Sessions;

namespace NetControl.Engine;

/// <summary>An open device: its attachments and its end.</summary>
/// <remarks>Thread rule: any thread.</remarks>
public sealed class EngineDevice
{
    internal EngineDevice()
    {
    }

    /// <summary>What was asked for.</summary>
    public DeviceSpec Spec => throw new NotSupportedException();

    /// <summary>What it turned out to be.</summary>
    public DeviceStatus Status => throw new NotSupportedException();

    /// <summary>The way out for TCP; null rejects connections (reset). New sessions only.</summary>
    public Egress? StreamEgress { get => throw new NotSupportedException(); set => throw new NotImplementedException(); }

    /// <summary>The way out for UDP; null rejects datagrams (ICMP administratively prohibited). New sessions only.</summary>
    public Egress? PacketEgress { get => throw new NotSupportedException(); set => throw new NotImplementedException(); }

    /// <summary>When true a SYN is answered before the upstream dial is done, for upstreams that cannot tell its outcome.</summary>
    public bool AcceptImmediately { get => throw new NotSupportedException(); set => throw new NotImplementedException(); }

    /// <summary>Ends all sessions with the cause, takes back addresses, routes and rules, and removes the interface (or gives an adopted one back). Closing twice is fine.</summary>
    public Task CloseAsync(SessionCause cause) => throw new NotSupportedException();
}
