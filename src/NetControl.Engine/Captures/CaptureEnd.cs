namespace NetControl.Engine.Captures;

/// <summary>Why a capture has come to its end.</summary>
public enum CaptureEnd
{
    /// <summary>It goes on.</summary>
    None,

    /// <summary>It has as many packets as were wanted.</summary>
    PacketLimit,

    /// <summary>It has as many bytes as were wanted.</summary>
    ByteLimit,

    /// <summary>Its time is over.</summary>
    TimeLimit,

    /// <summary>The device was closed.</summary>
    DeviceClosed,
}
