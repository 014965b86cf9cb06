namespace NetControl.Engine.Sockets;

/// <summary>Drives a detached <see cref="LoopSocket"/>. Calls come on the loop.</summary>
internal interface ILoopSocketHandler
{
    /// <summary>Readiness may have changed: look at <see cref="LoopSocket.CanRead"/> and <see cref="LoopSocket.CanWrite"/>.</summary>
    void OnSocketReady();
}
