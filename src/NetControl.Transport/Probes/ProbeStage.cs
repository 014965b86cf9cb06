namespace NetControl.Transport.Probes;

/// <summary>One stage of a probe.</summary>
/// <param name="Name">resolve, connect, handshake, associate, send or receive.</param>
/// <param name="Duration">How long it took.</param>
public sealed record ProbeStage(string Name, TimeSpan Duration);
