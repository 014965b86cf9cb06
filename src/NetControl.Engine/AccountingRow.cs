using NetControl.Engine.Sessions;

namespace NetControl.Engine;

/// <summary>The books of the sessions of one device through one delegate, at one moment of each loop.</summary>
/// <remarks><c>Opened</c> less the sum of <c>Closed</c> is <c>Live</c>, and the bytes are those of ended sessions and of live ones: exactly,
/// because a session's whole life is on one loop and each loop writes its row between two packets.</remarks>
/// <param name="Device">The device's name.</param>
/// <param name="Delegate">The delegate's name, or the proxy's when attached directly; empty when there was none.</param>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="IsV4">The family of the client's address.</param>
/// <param name="Opened">Sessions opened.</param>
/// <param name="Closed">Sessions closed, indexed by <see cref="SessionCause"/>.</param>
/// <param name="Live">Sessions that live.</param>
/// <param name="BytesSent">Payload bytes handed to the upstream, by live and ended sessions.</param>
/// <param name="BytesReceived">Payload bytes taken from the upstream.</param>
/// <param name="LiveBytesSent">Those of live sessions.</param>
/// <param name="LiveBytesReceived">Those of live sessions.</param>
public sealed record AccountingRow(
    string Device,
    string Delegate,
    SessionProtocol Protocol,
    bool IsV4,
    long Opened,
    IReadOnlyList<long> Closed,
    long Live,
    long BytesSent,
    long BytesReceived,
    long LiveBytesSent,
    long LiveBytesReceived);
