namespace NetControl.Engine.Devices;

/// <summary>What the other side of a packet queue does for us.</summary>
[Flags]
internal enum QueueFeatures
{
    /// <summary>Plain packets only.</summary>
    None = 0,

    /// <summary>Every packet is preceded by a virtio header.</summary>
    VnetHeader = 1,

    /// <summary>Transport checksums may be left to the other side.</summary>
    Checksum = 2,

    /// <summary>IPv4 TCP super-segments may be written.</summary>
    Tso4 = 4,

    /// <summary>IPv6 TCP super-segments may be written.</summary>
    Tso6 = 8,

    /// <summary>UDP super-datagrams may be written.</summary>
    Uso = 16,
}
