namespace NetControl.Engine.Sessions;

/// <summary>What the sessions of one device through one delegate did on one loop: written by the loop, read by anybody.</summary>
internal sealed class SessionTally(string device, string delegateName, SessionProtocol protocol, bool isV4)
{
    public readonly string Device = device;
    public readonly string Delegate = delegateName;
    public readonly SessionProtocol Protocol = protocol;
    public readonly bool IsV4 = isV4;
    public readonly long[] Closed = new long[Enum.GetValues<SessionCause>().Length];
    public long Opened;
    public long BytesSent;
    public long BytesReceived;
}
