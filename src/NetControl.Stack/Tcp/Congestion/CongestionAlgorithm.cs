namespace NetControl.Stack.Tcp.Congestion;

/// <summary>Which congestion control a device's connections use.</summary>
public enum CongestionAlgorithm
{
    /// <summary>RFC 9438: grows by the time since the last loss, and so does not mind long round trips.</summary>
    Cubic,

    /// <summary>RFC 5681 and 6582: grows by one segment for each round trip.</summary>
    NewReno,
}
