namespace NetControl.Network;

/// <summary>A packet proxy without a network: answers every DNS query at once with "truncated", so that the client asks again over TCP.</summary>
/// <remarks>
/// The way for names where the upstream carries streams only. The answer is the query itself with QR and TC set, RCODE 0, and ANCOUNT set to
/// QDCOUNT, which is not true, but old resolvers of Windows do not turn to TCP otherwise. Everything else, the id and an EDNS record among
/// it, stays byte for byte. Its source is the address that was asked. Nothing leaves the host, no session holds anything, and no call
/// allocates.
/// </remarks>
public sealed class DnsTruncatePacketProxy : IPacketProxy
{
    /// <inheritdoc/>
    public IPacketRequestSender NewSession(IPacketResponseReceiver responses)
    {
        ArgumentNullException.ThrowIfNull(responses);
        return new DnsTruncateSession(responses);
    }
}
