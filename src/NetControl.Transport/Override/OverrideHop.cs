using System.Globalization;
using NetControl.Network;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Override;

/// <summary>Leads everything to another host, another port, or both. Packets can be led to an address only, not to a name.</summary>
/// <param name="Host">The host name or address; null to keep it.</param>
/// <param name="Port">The port; null to keep it.</param>
public sealed record OverrideHop(string? Host, ushort? Port) : Hop
{
    /// <inheritdoc/>
    public override string Type => OverrideHopType.Scheme;

    /// <inheritdoc/>
    public override string Text => string.Create(CultureInfo.InvariantCulture,
        $"{Type}:{(Host is null ? "" : $"host={HopOptions.Encode(Host)}")}{(Host is null || Port is null ? "" : "&")}{(Port is null ? "" : $"port={Port}")}");

    /// <inheritdoc/>
    public override string Redacted => Text;

    /// <inheritdoc/>
    public override HostPort Redirect(HostPort destination) => new OverrideTarget(Host, Port).Apply(destination);

    /// <inheritdoc/>
    public override Way Wrap(Way inner, HopContext context)
    {
        ArgumentNullException.ThrowIfNull(inner);
        OverrideTarget target = new(Host, Port);
        IPacketListener packets = inner.Packets is NoPackets ? inner.Packets
            : target.IsForPackets ? new OverridePacketListener(inner.Packets, target)
            : new NoPackets("override with a host name");
        return new Way(new OverrideStreamDialer(inner.Streams, Host, Port), packets);
    }
}
