namespace NetControl.ControlPlane.Validation;

/// <summary>How fields are spelt in violations: as the API's requests do, or as a configuration file does.</summary>
public sealed record FieldNaming
{
    /// <summary>The spelling of protos, which gRPC clients see.</summary>
    public static readonly FieldNaming Proto = new("udp_idle_timeout", "stream_dialer", "packet_proxy");

    /// <summary>The spelling of ProtoJSON, which files use.</summary>
    public static readonly FieldNaming Json = new("udpIdleTimeout", "streamDialer", "packetProxy");

    private FieldNaming(string udpIdleTimeout, string streamDialer, string packetProxy)
    {
        UdpIdleTimeout = udpIdleTimeout;
        StreamDialer = streamDialer;
        PacketProxy = packetProxy;
    }

    internal string UdpIdleTimeout { get; }

    internal string StreamDialer { get; }

    internal string PacketProxy { get; }
}
