using NetControl.Engine.Interop.Linux;

namespace NetControl.Engine.Loops;

/// <summary>Owns a descriptor that a loop watches.</summary>
internal interface ILoopHandler
{
    /// <summary>The descriptor is ready. Called on the loop; must do a bounded amount of work.</summary>
    void OnReady(EpollEvents events);
}
