namespace NetControl.Engine.Devices;

/// <summary>How fast a device's TCP connections send to the client, and what they do about losses.</summary>
public enum CongestionControl : byte
{
    /// <summary>RFC 9438: grows by the time since the last loss, and so does not mind long round trips.</summary>
    Cubic,

    /// <summary>RFC 5681 and 6582: grows by one segment for each round trip.</summary>
    NewReno,
}
