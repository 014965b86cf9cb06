namespace NetControl.Engine.Captures;

/// <summary>Which transport protocols a capture is about; none means all, those without a name here too.</summary>
[Flags]
public enum CaptureProtocols
{
    /// <summary>No choice: every packet.</summary>
    None = 0,

    /// <summary>TCP.</summary>
    Tcp = 1,

    /// <summary>UDP.</summary>
    Udp = 2,

    /// <summary>ICMP and ICMPv6.</summary>
    Icmp = 4,
}
