namespace NetControl.Network;

/// <summary>An optional second face of an <see cref="IPacketRequestSender"/>: tells why the session ended.</summary>
/// <remarks>
/// Ask for it with <c>is</c>. The answer is final before the session's <see cref="IPacketResponseReceiver.Close"/> is called.
/// </remarks>
public interface IPacketSessionOutcome
{
    /// <summary>Why the session ended, or <see cref="PacketSessionEnd.None"/> while it lives.</summary>
    PacketSessionEnd End { get; }

    /// <summary>
    /// The error beneath <see cref="PacketSessionEnd.UpstreamFailed"/> and <see cref="PacketSessionEnd.ReceiverFailed"/>; null otherwise.
    /// </summary>
    Exception? Failure { get; }
}
