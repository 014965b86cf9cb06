using System.Collections.Concurrent;
using NetControl.Engine.Devices;
using NetControl.Network;
using NetControl.Stack.Wire;
using NetControl.Testing.Links;

namespace NetControl.Engine.Tests.Devices;

/// <summary>A device with two queues on two loops whose steering a test decides, packet by packet.</summary>
internal sealed class TwoQueueDevice : IIPDevice
{
    private readonly BlockingCollection<byte[]> _outgoing = [];

    public TwoQueueDevice()
    {
        Rig = new LoopRig(2, (rig, i) => new MemoryQueue(i, rig.Contexts[i], rig.Core, packet => Take(packet)));
    }

    public LoopRig Rig { get; }

    /// <summary>Which queue the next packet comes in on.</summary>
    public Func<int> Steer { get; set; } = static () => 0;

    public int Mtu => 1500;

    public int Read(Span<byte> buffer)
    {
        if (!_outgoing.TryTake(out byte[]? packet, Timeout.Infinite))
        {
            return 0;
        }

        packet.CopyTo(buffer);
        return packet.Length;
    }

    public int Write(ReadOnlySpan<byte> packet)
    {
        byte[] copy = packet.ToArray();
        PacketQueue queue = Rig.Core.Queues[Steer()];
        queue.Context.Loop.Post(_ => queue.Deliver(copy, ChecksumTrust.Verify), null);
        return packet.Length;
    }

    public void Close() => _outgoing.CompleteAdding();

    public void Dispose() => Close();

    private void Take(ReadOnlySpan<byte> packet)
    {
        if (!_outgoing.IsAddingCompleted)
        {
            _outgoing.Add(packet.ToArray());
        }
    }
}
