using NetControl.Network;

namespace NetControl.Transport.Dns;

/// <summary>Answers what goes to port 53 itself, by a splitter; everything else goes through another proxy.</summary>
internal sealed class DnsSplitPacketProxy(DnsSplitter splitter, IPacketProxy others) : IPacketProxy
{
    /// <inheritdoc/>
    public IPacketRequestSender NewSession(IPacketResponseReceiver responses)
    {
        ArgumentNullException.ThrowIfNull(responses);
        return new DnsSplitSession(splitter, others, responses);
    }
}
