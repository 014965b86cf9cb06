using NetControl.Network;

namespace NetControl.Engine;

/// <summary>An immutable snapshot of a way out. A session keeps the model it was born with.</summary>
public sealed class EgressModel
{
    /// <summary>The delegate's resource name, or the proxy's when it is attached without a delegate. A metric label.</summary>
    public required string DelegateName { get; init; }

    /// <summary>Which delegate of that name it is; empty for a proxy attached directly.</summary>
    public string DelegateUid { get; init; } = "";

    /// <summary>The proxy's resource name.</summary>
    public required string ProxyName { get; init; }

    /// <summary>The delegate's swap counter; 0 for a proxy attached directly.</summary>
    public required long Generation { get; init; }

    /// <summary>The live sessions of the egress that this is a model of; all its models share the count.</summary>
    internal LiveCount Live { get; set; } = new();

    /// <summary>The way for TCP, or null: connections are rejected as administratively prohibited.</summary>
    public IStreamDialer? StreamDialer { get; init; }

    /// <summary>The way for UDP, or null: datagrams are rejected as administratively prohibited.</summary>
    public IPacketProxy? PacketProxy { get; init; }

    /// <summary>Counts a session in that is born with this model.</summary>
    public void Enter() => Live.Enter();

    /// <summary>Counts a session out that was born with this model.</summary>
    public void Leave() => Live.Leave();
}
