using NetControl.Engine.Flows;
using NetControl.Engine.Loops;
using NetControl.Engine.Sessions;

namespace NetControl.Engine;

/// <content>Reading the counters.</content>
public sealed partial class PacketEngine
{
    /// <summary>Reads all counters. Loops write them without locks, so a sum taken under traffic is a moment's view; every number only grows.</summary>
    public EngineCounters ReadCounters()
    {
        List<DeviceCounters> devices;
        lock (_lock)
        {
            devices = [.. _devices.Select(device => device.ReadCounters())];

            // A device that is gone keeps its numbers: a counter that fell would look like a restart.
            foreach (DeviceCounters closed in _closedDevices)
            {
                int i = devices.FindIndex(device => device.Device == closed.Device);
                if (i < 0)
                {
                    devices.Add(closed with { HalfOpen = 0, Usage = default });
                }
                else
                {
                    devices[i] = Add(devices[i], closed);
                }
            }
        }

        Dictionary<(string, string, SessionProtocol, bool), SessionCounters> sessions = [];
        foreach (LoopContext context in _contexts)
        {
            foreach (SessionTally tally in context.Tallies)
            {
                (string, string, SessionProtocol, bool) key = (tally.Device, tally.Delegate, tally.Protocol, tally.IsV4);
                SessionCounters row = Read(tally);
                sessions[key] = sessions.TryGetValue(key, out SessionCounters? sum) ? Add(sum, row) : row;
            }
        }

        return new EngineCounters
        {
            Devices = devices,
            Sessions = [.. sessions.Values],
            Loops = [.. _contexts.Select(Read)],
            BufferPoolBytes = _contexts.Sum(context => context.Chunks.BytesHeld),
        };
    }

    private static LoopCounters Read(LoopContext context)
    {
        EventLoop loop = context.Loop;
        return new LoopCounters(loop.Name, loop.Turns, TimeSpan.FromMicroseconds(loop.BusyMicros), context.Sessions, context.Udp.Batch.Dropped);
    }

    private static SessionCounters Read(SessionTally tally)
    {
        long[] closed = new long[tally.Closed.Length];
        for (int i = 0; i < closed.Length; i++)
        {
            closed[i] = Volatile.Read(ref tally.Closed[i]);
        }

        // Closed before opened: a reader that subtracts must never see more ends than beginnings.
        return new SessionCounters(
            tally.Device,
            tally.Delegate,
            tally.Protocol,
            tally.IsV4,
            Volatile.Read(ref tally.Opened),
            closed,
            Volatile.Read(ref tally.BytesSent),
            Volatile.Read(ref tally.BytesReceived));
    }

    private static SessionCounters Add(SessionCounters a, SessionCounters b) => a with
    {
        Opened = a.Opened + b.Opened,
        Closed = [.. a.Closed.Zip(b.Closed, (x, y) => x + y)],
        BytesSent = a.BytesSent + b.BytesSent,
        BytesReceived = a.BytesReceived + b.BytesReceived,
    };

    private static DeviceCounters Add(DeviceCounters live, DeviceCounters closed) => live with
    {
        PacketsIn = live.PacketsIn + closed.PacketsIn,
        BytesIn = live.BytesIn + closed.BytesIn,
        PacketsOut = live.PacketsOut + closed.PacketsOut,
        BytesOut = live.BytesOut + closed.BytesOut,
        Drops = [.. live.Drops.Zip(closed.Drops, (x, y) => x + y)],
        Retransmits = live.Retransmits + closed.Retransmits,
        ResetsSent = live.ResetsSent + closed.ResetsSent,
        ResetsPassedOn = live.ResetsPassedOn + closed.ResetsPassedOn,
        ResetsReceived = live.ResetsReceived + closed.ResetsReceived,
    };
}
