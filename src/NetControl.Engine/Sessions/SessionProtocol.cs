namespace NetControl.Engine.Sessions;

/// <summary>What kind of session it is.</summary>
public enum SessionProtocol : byte
{
    /// <summary>One TCP connection.</summary>
    Tcp,

    /// <summary>One UDP source socket, whatever its destinations.</summary>
    Udp,
}
