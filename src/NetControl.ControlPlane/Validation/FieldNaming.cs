namespace NetControl.ControlPlane.Validation;

/// <summary>How fields are spelt in violations: as the API's requests do, or as a configuration file does.</summary>
public sealed record FieldNaming
{
    /// <summary>The spelling of protos, which gRPC clients see.</summary>
    public static readonly FieldNaming Proto = new("udp_idle_timeout", "stream_dialer", "packet_proxy")
    {
        KeepAlive = "keep_alive",
        DescriptorSocket = "descriptor_socket",
        ExcludedRoutes = "excluded_routes",
        MaxTcpSessions = "max_tcp_sessions",
        MaxUdpSessions = "max_udp_sessions",
        MaxHalfOpen = "max_half_open",
        MaxBufferBytes = "max_buffer_bytes",
        MaxReassemblyBytes = "max_reassembly_bytes",
        MaxSessionsPerSource = "max_sessions_per_source",
        MaxSessionsPerDestination = "max_sessions_per_destination",
        DefaultAction = "default_action",
        WindowFailures = "window_failures",
        HoldDown = "hold_down",
        BackOff = "back_off",
        MaxBackOff = "max_back_off",
        SkipStandby = "skip_standby",
    };

    /// <summary>The spelling of ProtoJSON, which files use.</summary>
    public static readonly FieldNaming Json = new("udpIdleTimeout", "streamDialer", "packetProxy")
    {
        KeepAlive = "keepAlive",
        DescriptorSocket = "descriptorSocket",
        ExcludedRoutes = "excludedRoutes",
        MaxTcpSessions = "maxTcpSessions",
        MaxUdpSessions = "maxUdpSessions",
        MaxHalfOpen = "maxHalfOpen",
        MaxBufferBytes = "maxBufferBytes",
        MaxReassemblyBytes = "maxReassemblyBytes",
        MaxSessionsPerSource = "maxSessionsPerSource",
        MaxSessionsPerDestination = "maxSessionsPerDestination",
        DefaultAction = "defaultAction",
        WindowFailures = "windowFailures",
        HoldDown = "holdDown",
        BackOff = "backOff",
        MaxBackOff = "maxBackOff",
        SkipStandby = "skipStandby",
    };

    private FieldNaming(string udpIdleTimeout, string streamDialer, string packetProxy)
    {
        UdpIdleTimeout = udpIdleTimeout;
        StreamDialer = streamDialer;
        PacketProxy = packetProxy;
    }

    internal string UdpIdleTimeout { get; }

    internal string StreamDialer { get; }

    internal string PacketProxy { get; }

    internal string KeepAlive { get; init; } = "";

    internal string DescriptorSocket { get; init; } = "";

    internal string ExcludedRoutes { get; init; } = "";

    internal string MaxTcpSessions { get; init; } = "";

    internal string MaxUdpSessions { get; init; } = "";

    internal string MaxHalfOpen { get; init; } = "";

    internal string MaxBufferBytes { get; init; } = "";

    internal string MaxReassemblyBytes { get; init; } = "";

    internal string MaxSessionsPerSource { get; init; } = "";

    internal string MaxSessionsPerDestination { get; init; } = "";

    internal string DefaultAction { get; init; } = "";

    internal string WindowFailures { get; init; } = "";

    internal string HoldDown { get; init; } = "";

    internal string BackOff { get; init; } = "";

    internal string MaxBackOff { get; init; } = "";

    internal string SkipStandby { get; init; } = "";
}
