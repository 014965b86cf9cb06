namespace NetControl.Network;

/// <summary>An optional second face of a connection that is an IP socket itself: how many hops its packets may go.</summary>
/// <remarks>Ask for it with <c>is</c>. Thread rule: that of the connection's calls.</remarks>
public interface IHopLimited
{
    /// <summary>The hop limit (IPv4: time to live) of the packets that are sent from now on, 1 to 255.</summary>
    /// <exception cref="IOException">The socket does not tell, or does not take it.</exception>
    int HopLimit { get; set; }
}
