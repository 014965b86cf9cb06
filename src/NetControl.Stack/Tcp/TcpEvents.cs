namespace NetControl.Stack.Tcp;

/// <summary>What a segment or a timer did to a connection; the owner acts on it.</summary>
[Flags]
public enum TcpEvents
{
    /// <summary>Nothing that concerns the owner.</summary>
    None = 0,

    /// <summary>The handshake is complete.</summary>
    Established = 1,

    /// <summary>Bytes wait in the receive buffer.</summary>
    Readable = 2,

    /// <summary>Sent bytes were acknowledged: there is room in the send buffer.</summary>
    Acknowledged = 4,

    /// <summary>The peer has sent everything (FIN), and all of it has arrived in order.</summary>
    PeerClosed = 8,

    /// <summary>The peer reset the connection; it is closed.</summary>
    Reset = 16,

    /// <summary>The peer stopped answering; the connection is closed.</summary>
    TimedOut = 32,

    /// <summary>Both sides are done; the connection is closed or, if <see cref="TcpState.TimeWait"/>, only lingers.</summary>
    Finished = 64,

    /// <summary>There is something to send: call Dispatch before the turn ends.</summary>
    Output = 128,

    /// <summary>
    /// This very segment is owed an acknowledgement of its own: call Dispatch before the next one is handed in, or the two become one.
    /// </summary>
    AckDue = 256,
}
