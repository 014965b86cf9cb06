namespace NetControl.Engine.Sessions;

/// <summary>A session with the inner values of its protocol machine.</summary>
/// <param name="Info">The session.</param>
/// <param name="Tcp">TCP's values; null for UDP and for a connection that is still dialling.</param>
public readonly record struct SessionDetail(SessionInfo Info, TcpSessionInfo? Tcp);
