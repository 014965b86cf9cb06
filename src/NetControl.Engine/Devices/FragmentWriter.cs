using NetControl.Stack.Ip;

namespace NetControl.Engine.Devices;

/// <summary>Sends the fragments of a packet through a queue.</summary>
internal readonly struct FragmentWriter(PacketQueue queue) : IFragmentSink
{
    /// <inheritdoc/>
    public void OnFragment(ReadOnlySpan<byte> fragment) => queue.SendPacket(fragment);
}
