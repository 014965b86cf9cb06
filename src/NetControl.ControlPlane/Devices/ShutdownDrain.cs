using Microsoft.Extensions.Logging;
using NetControl.ControlPlane.Engines;
using NetControl.Engine;
using NetControl.Engine.Sessions;

namespace NetControl.ControlPlane.Devices;

/// <summary>Waits for sessions to end before the process does.</summary>
/// <remarks>A TCP session ends visibly. One of UDP ends when it was silent for its idle time, which nobody should have to wait for: it counts as
/// ended when nothing of UDP moves any more.</remarks>
internal sealed partial class ShutdownDrain
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(1);
    private readonly IEngine _engine;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    public ShutdownDrain(IEngine engine, TimeProvider time, ILogger logger)
    {
        _engine = engine;
        _time = time;
        _logger = logger;
    }

    /// <summary>Waits, at most so long, and ends what is left then.</summary>
    public async Task WaitAsync(TimeSpan timeout)
    {
        long start = _time.GetTimestamp();
        long moved = -1;
        long movedAt = start;
        using PeriodicTimer timer = new(s_look, _time);
        Live live = Read();
        double seconds = timeout.TotalSeconds;
        LogDraining(live.Tcp, live.Udp, seconds);
        while (live.Tcp > 0 || (live.Udp > 0 && _time.GetElapsedTime(movedAt) < s_quiet))
        {
            if (_time.GetElapsedTime(start) >= timeout)
            {
                int closed = await _engine.CloseSessionsAsync(static (in SessionInfo _) => true, SessionCause.Drained, CancellationToken.None);
                LogDeadline(closed);
                return;
            }

            await timer.WaitForNextTickAsync();
            live = Read();
            if (live.UdpBytes != moved)
            {
                moved = live.UdpBytes;
                movedAt = _time.GetTimestamp();
            }
        }

        double took = _time.GetElapsedTime(start).TotalSeconds;
        LogDrained(took);
    }

    private Live Read()
    {
        Live live = default;
        foreach (SessionCounters row in _engine.ReadCounters().Sessions)
        {
            long count = row.Opened - row.Closed.Sum();
            live = row.Protocol == SessionProtocol.Tcp
                ? live with { Tcp = live.Tcp + count }
                : live with { Udp = live.Udp + count, UdpBytes = live.UdpBytes + row.BytesSent + row.BytesReceived };
        }

        return live;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "draining: {Tcp} TCP and {Udp} UDP sessions may go on for {Seconds} s")]
    private partial void LogDraining(long tcp, long udp, double seconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "drained after {Seconds:0.0} s")]
    private partial void LogDrained(double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the time to drain is over: ended {Closed} sessions")]
    private partial void LogDeadline(int closed);

    private readonly record struct Live(long Tcp, long Udp, long UdpBytes);
}
