using NetControl.Engine.Sessions;

namespace NetControl.Engine;

/// <summary>Chooses sessions. Called on loop threads: it must be quick, pure and must not throw.</summary>
public delegate bool SessionSelector(in SessionInfo session);
