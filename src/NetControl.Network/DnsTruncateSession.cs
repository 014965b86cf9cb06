namespace NetControl.Network;

/// <summary>One session of a <see cref="DnsTruncatePacketProxy"/>: answers within <see cref="WriteTo"/>, on the caller's thread.</summary>
internal sealed class DnsTruncateSession(IPacketResponseReceiver responses) : IPacketRequestSender
{
    private const ushort DnsPort = 53;
    private const int HeaderLength = 12;

    // A resolver that heeds no EDNS takes no more than this over UDP (RFC 1035 section 4.2.1).
    private const int MaxMessage = 512;
    private int _closed;

    /// <inheritdoc/>
    /// <remarks>Takes the first 512 bytes of a longer message, and says so.</remarks>
    public int WriteTo(ReadOnlySpan<byte> payload, in AddrPort destination)
    {
        if (Volatile.Read(ref _closed) != 0)
        {
            throw new NetworkException(NetworkError.Closed);
        }

        if (destination.Port != DnsPort)
        {
            throw new NetworkException(NetworkError.PortUnreachable, $"UDP traffic to non-DNS port {destination.Port} is not supported");
        }

        if (payload.Length < HeaderLength)
        {
            throw new NetworkException(
                NetworkError.InvalidMessage, $"a DNS message of {payload.Length} bytes is shorter than its header of {HeaderLength}");
        }

        Span<byte> answer = stackalloc byte[MaxMessage];
        answer = answer[..Math.Min(payload.Length, MaxMessage)];
        payload[..answer.Length].CopyTo(answer);
        Truncate(answer);
        responses.WriteFrom(answer, destination);
        return answer.Length;
    }

    /// <inheritdoc/>
    public void Close()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            throw new NetworkException(NetworkError.Closed);
        }

        try
        {
            responses.Close();
        }
        catch (NetworkException e) when (e.Error == NetworkError.Closed)
        {
            // The application side was faster.
        }
    }

    /// <summary>Makes a query its own truncated answer (RFC 1035 section 4.1.1).</summary>
    private static void Truncate(Span<byte> message)
    {
        message[2] |= 0x82; // QR and TC
        message[3] &= 0xF0; // RCODE 0
        message[4..6].CopyTo(message[6..8]); // ANCOUNT := QDCOUNT
    }
}
