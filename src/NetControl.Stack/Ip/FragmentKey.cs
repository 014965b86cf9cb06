using NetControl.Network;

namespace NetControl.Stack.Ip;

/// <summary>What the fragments of one datagram have in common (RFC 791 section 3.2, RFC 8200 section 4.5).</summary>
/// <remarks>In IPv6 the protocol does not count and is 0.</remarks>
internal readonly record struct FragmentKey(IpAddr Source, IpAddr Destination, uint Id, byte Protocol);
