namespace NetControl.Transport.TlsFrag;

/// <summary>Says where to cut the first TLS handshake record.</summary>
/// <param name="content">The record's content: the ClientHello.</param>
/// <returns>The length of the first fragment; no cut if it is not between the two ends.</returns>
public delegate int TlsRecordSplit(ReadOnlySpan<byte> content);
