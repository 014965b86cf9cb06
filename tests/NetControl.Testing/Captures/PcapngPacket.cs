namespace NetControl.Testing.Captures;

/// <summary>A packet of a <see cref="PcapngFile"/>.</summary>
public sealed record PcapngPacket(int Interface, DateTime Time, byte[] Data, int Original, bool Inbound, long LostBefore, string Comment);
