using NetControl.Engine.Sessions;
using NetControl.Network;

namespace NetControl.ControlPlane.Policies;

/// <summary>Asks what would become of traffic.</summary>
/// <param name="Subject">A device, whose policy and attachments count; or a policy alone.</param>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="Source">The application's socket.</param>
/// <param name="Destination">Where it wants to go.</param>
public sealed record PolicyQuestion(string Subject, SessionProtocol Protocol, AddrPort Source, AddrPort Destination);
