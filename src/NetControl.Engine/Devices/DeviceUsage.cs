namespace NetControl.Engine.Devices;

/// <summary>What a device has now of what it is limited in, beside the limits.</summary>
/// <param name="TcpSessions">TCP sessions.</param>
/// <param name="UdpSessions">UDP sessions.</param>
/// <param name="HalfOpen">TCP sessions whose dial or handshake goes on.</param>
/// <param name="BufferBytes">Bytes in the buffers of TCP sessions.</param>
/// <param name="ReassemblyBytes">Bytes of incomplete datagrams.</param>
public readonly record struct DeviceUsage(long TcpSessions, long UdpSessions, long HalfOpen, long BufferBytes, long ReassemblyBytes);
