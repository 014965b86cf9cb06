using NetControl.Engine.Loops;
using NetControl.Network;

namespace NetControl.Engine.Sockets;

/// <summary>The optional fast face of a stream: a plain socket on a loop, which a flow may drive itself. Asked for with <c>is</c>.</summary>
internal interface ILoopConnection : IStreamConnection
{
    /// <summary>The loop that owns the socket.</summary>
    EventLoop Loop { get; }

    /// <summary>Hands the socket over: from now on readiness goes to the handler and the asynchronous calls must not be used any more.</summary>
    LoopSocket Detach(ILoopSocketHandler handler);
}
