using NetControl.Engine.Budgets;
using NetControl.Engine.Policies;
using NetControl.Stack.Tcp;

namespace NetControl.Engine.Devices;

/// <summary>What all queues of a device share: its name, its limits and its attachments.</summary>
/// <remarks>Thread rule: attachments and settings may be replaced by any thread; loops read them once for each new session or packet, and
/// what a session was born with it keeps.</remarks>
internal sealed class DeviceCore
{
    private volatile Egress? _streamEgress;
    private volatile Egress? _packetEgress;
    private volatile bool _acceptImmediately;
    private volatile int _mtu;
    private volatile TcpParameters _tcp;
    private volatile DeviceSubnets _subnets = new([]);
    private volatile DeviceLimits _limits = new();
    private volatile UdpFiltering _udpFiltering;
    private volatile PolicyModel? _policy;

    /// <summary>Makes the shared part of a device.</summary>
    public DeviceCore(string name, int mtu, TcpParameters tcp)
    {
        Name = name;
        _mtu = mtu;
        _tcp = tcp;
    }

    /// <summary>The resource name.</summary>
    public string Name { get; }

    /// <summary>The MTU.</summary>
    public int Mtu { get => _mtu; set => _mtu = value; }

    /// <summary>TCP's parameters on this device.</summary>
    public TcpParameters Tcp { get => _tcp; set => _tcp = value; }

    /// <summary>Whose datagrams reach a UDP session.</summary>
    public UdpFiltering UdpFiltering { get => _udpFiltering; set => _udpFiltering = value; }

    /// <summary>What follows from the device's own addresses.</summary>
    public DeviceSubnets Subnets { get => _subnets; set => _subnets = value; }

    /// <summary>The limits.</summary>
    public DeviceLimits Limits { get => _limits; set => _limits = value; }

    /// <summary>What the device has of what it is limited in; the buffers are counted by the queues.</summary>
    public DeviceBudgets Budgets
    {
        get => field ??= new DeviceBudgets(Limits, new EngineBudgets(new EngineOptions()));
        init;
    }

    /// <summary>How many queues there will be: each gets its part of the memory.</summary>
    public int QueueCount { get; init; } = 1;

    /// <summary>The way out for TCP.</summary>
    public Egress? StreamEgress { get => _streamEgress; set => _streamEgress = value; }

    /// <summary>The way out for UDP.</summary>
    public Egress? PacketEgress { get => _packetEgress; set => _packetEgress = value; }

    /// <summary>What may pass, and through which egress; null lets everything pass.</summary>
    public PolicyModel? Policy { get => _policy; set => _policy = value; }

    /// <summary>Whether a SYN is answered before the dial is done.</summary>
    public bool AcceptImmediately { get => _acceptImmediately; set => _acceptImmediately = value; }

    /// <summary>The queues, one for each loop that serves the device. Set once, before the first packet.</summary>
    public PacketQueue[] Queues { get; set; } = [];

    /// <summary>Which loop owns which flow; null when one queue serves the device, and no packet can go astray.</summary>
    public Loops.FlowDirectory? Directory { get; init; }
}
