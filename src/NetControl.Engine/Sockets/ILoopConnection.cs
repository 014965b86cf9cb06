using NetControl.Engine.Loops;
using NetControl.Network;

namespace NetControl.Engine.Sockets;

/// <summary>The optional fast face of a stream: a plain socket on a loop, which a flow may drive itself. Asked for with <c>is</c>.</summary>
internal interface ILoopConnection : IStreamConnection
{
    /// <summary>The loop that owns the socket.</summary>
    EventLoop Loop { get; }

    /// <summary>Whether no call is under way that holds a caller's bytes or buffer; one that waits without a buffer does not.</summary>
    bool IsQuiet { get; }

    /// <summary>
    /// Hands the socket over: from now on readiness goes to the handler and the asynchronous calls must not be used any more. A read that waits
    /// without a buffer completes within the call, as if there were something.
    /// </summary>
    LoopSocket Detach(ILoopSocketHandler handler);
}
