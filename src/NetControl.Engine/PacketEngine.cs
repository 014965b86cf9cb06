#pragma warning disable MA0025 // skeleton: filled in by the engine
using Microsoft.Extensions.Logging;
using NetControl.Engine.Devices;
using NetControl.Engine.Sessions;
using NetControl.Network;

namespace NetControl.Engine;

/// <summary>The packet engine: loops, devices and the sessions that go through them. The control plane's only door to the data path.</summary>
/// <remarks>
/// Thread rule: every member may be called from any thread except a loop's. What changes a loop's state is posted to it; nothing here
/// makes a loop wait.
/// </remarks>
public sealed class PacketEngine : IAsyncDisposable
{
    /// <summary>Starts the loops.</summary>
    public PacketEngine(EngineOptions options, ILogger logger) => throw new NotSupportedException();

    /// <summary>The options in force, with <see cref="EngineOptions.Loops"/> resolved.</summary>
    public EngineOptions Options => throw new NotSupportedException();

    /// <summary>Dials TCP directly, on the calling loop. Host names are resolved by the system's resolver.</summary>
    public IStreamDialer StreamDialer => throw new NotSupportedException();

    /// <summary>Opens UDP sockets directly, on the calling loop.</summary>
    public IPacketListener PacketListener => throw new NotSupportedException();

    /// <summary>A clock whose timers fire on the loop that created them (and on the thread pool elsewhere).</summary>
    public TimeProvider TimeProvider => throw new NotSupportedException();

    /// <summary>Whether loops should emit <see cref="SessionEventKind.Updated"/> once a second for sessions that moved.</summary>
    public bool WantUpdates { get => throw new NotSupportedException(); set => throw new NotImplementedException(); }

    /// <summary>Where session events go. Set once, before the first device; events before that are kept in the rings.</summary>
    public void SetEventSink(ISessionEventSink sink) => throw new NotSupportedException();

    /// <summary>Creates the TUN interface, or adopts one that exists by that name, sets it up and starts reading. All or nothing.</summary>
    /// <exception cref="EngineException">The kernel said no; what had been done is undone.</exception>
    public EngineDevice OpenDevice(DeviceSpec spec) => throw new NotSupportedException();

    /// <summary>Copies all live sessions that the selector picks (null: all).</summary>
    public Task<IReadOnlyList<SessionInfo>> ListSessionsAsync(SessionSelector? selector, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <summary>Copies one live session with its inner values, or null if there is none by that id.</summary>
    public Task<SessionDetail?> GetSessionAsync(ulong id, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Ends the live sessions that the selector picks: TCP by reset, UDP silently. Returns how many.</summary>
    public Task<int> CloseSessionsAsync(SessionSelector selector, SessionCause cause, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <summary>Waits until every event that happened before the call has been handed to the sink.</summary>
    public Task FlushEventsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Reads all counters.</summary>
    public EngineCounters ReadCounters() => throw new NotSupportedException();

    /// <summary>Closes all devices (their sessions end with <see cref="SessionCause.Shutdown"/>), then the loops.</summary>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
