using NetControl.Network;

namespace NetControl.Transport.Http2;

/// <summary>A stream to a proxy, and what is to be spoken on it.</summary>
/// <param name="Connection">The stream.</param>
/// <param name="IsHttp2">Whether both sides agreed on HTTP/2, or know of it beforehand; HTTP/1.1 otherwise.</param>
internal readonly record struct Http2Opening(IStreamConnection Connection, bool IsHttp2);
