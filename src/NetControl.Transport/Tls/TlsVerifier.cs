namespace NetControl.Transport.Tls;

/// <summary>A library user's own judgement of a server's certificate, in place of the standard one.</summary>
/// <param name="peer">What the server showed, and what the standard examination says of it.</param>
/// <returns>Whether to go on. On an event loop this is called on the loop's thread and must not wait for anything.</returns>
public delegate bool TlsVerifier(TlsPeer peer);
