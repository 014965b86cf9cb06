using System.Diagnostics;
using NetControl.Engine.Devices;
using NetControl.Network;
using NetControl.Stack.Storage;

namespace NetControl.Engine.Captures;

/// <summary>All captures at one queue. A queue that is not captured has none, and pays one comparison with null for each packet.</summary>
/// <remarks>Owner: the queue's loop. Immutable: a capture that comes or goes makes a new one.</remarks>
internal sealed class QueueCapture
{
    private readonly PacketQueue _queue;
    private readonly CaptureTap[] _taps;
    private PacketFields _fields;
    private ulong _session;
    private bool _readable;

    private QueueCapture(PacketQueue queue, CaptureTap[] taps)
    {
        _queue = queue;
        _taps = taps;
    }

    /// <summary>Adds a tap to a queue. On its loop.</summary>
    public static void Add(PacketQueue queue, CaptureTap tap) =>
        queue.Capture = new QueueCapture(queue, [.. queue.Capture?._taps ?? [], tap]);

    /// <summary>Takes a tap from a queue; the loop does not touch it any more. On its loop.</summary>
    public static void Remove(PacketQueue queue, CaptureTap tap)
    {
        CaptureTap[] rest = [.. (queue.Capture?._taps ?? []).Where(other => other != tap)];
        queue.Capture = rest.Length == 0 ? null : new QueueCapture(queue, rest);
    }

    /// <summary>A packet from the application is about to be delivered.</summary>
    public void BeginDelivery(ReadOnlySpan<byte> packet)
    {
        long now = Stopwatch.GetTimestamp();
        _readable = PacketFields.TryRead(packet, out _fields);
        _session = SessionOf(_readable, _fields, toApplication: false);
        foreach (CaptureTap tap in _taps)
        {
            tap.BeginDelivery(packet, now, _readable, _fields);
        }
    }

    /// <summary>It was delivered, or dropped.</summary>
    public void EndDelivery(DropReason reason)
    {
        // The packet may have been a session's first, or its last.
        ulong session = _session != 0 ? _session : SessionOf(_readable, _fields, toApplication: false);
        foreach (CaptureTap tap in _taps)
        {
            tap.EndDelivery(session, reason);
        }
    }

    /// <summary>A packet went to the application, or found no room there.</summary>
    public void OnSent(ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload, bool written)
    {
        long now = Stopwatch.GetTimestamp();
        bool readable = PacketFields.TryRead(headers, out PacketFields fields);
        ulong session = SessionOf(readable, fields, toApplication: true);
        foreach (CaptureTap tap in _taps)
        {
            tap.OnSent(headers, payload, now, readable, fields, session, written ? DropReason.None : DropReason.DeviceFull);
        }
    }

    /// <summary>The same for a payload that lies in a connection's send buffer.</summary>
    public void OnSent(ReadOnlySpan<byte> headers, ChunkBuffer payload, long offset, int length, bool written)
    {
        long now = Stopwatch.GetTimestamp();
        bool readable = PacketFields.TryRead(headers, out PacketFields fields);
        ulong session = SessionOf(readable, fields, toApplication: true);
        foreach (CaptureTap tap in _taps)
        {
            tap.OnSent(
                headers, payload, offset, length, now, readable, fields, session, written ? DropReason.None : DropReason.DeviceFull);
        }
    }

    private ulong SessionOf(bool readable, in PacketFields fields, bool toApplication)
    {
        if (!readable || !fields.HasPorts)
        {
            return 0;
        }

        AddrPort client = toApplication ? fields.Destination : fields.Source;
        AddrPort remote = toApplication ? fields.Source : fields.Destination;
        return _queue.Flows.SessionOf(fields.Protocol, client, remote);
    }
}
