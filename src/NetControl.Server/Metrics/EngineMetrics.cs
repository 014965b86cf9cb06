using NetControl.ControlPlane;
using NetControl.ControlPlane.Delegates;
using NetControl.ControlPlane.Devices;
using NetControl.ControlPlane.Events;
using NetControl.ControlPlane.Policies;
using NetControl.Engine;
using NetControl.Engine.Sessions;
using NetControl.Server.Hosting;
using NetControl.Server.Mapping;
using Prometheus;

namespace NetControl.Server.Metrics;

/// <summary>The Prometheus face of the engine's and the control plane's counters, read when scraped.</summary>
/// <remarks>Nothing is counted here: a scrape copies values that loops keep anyway. No label can grow with traffic.</remarks>
internal sealed class EngineMetrics
{
    private static readonly string[] s_drops = Words.Labels<DropReason>();
    private static readonly string[] s_phases = Words.Labels<DevicePhase>();
    private static readonly string[] s_causes = Words.Labels<SessionCause>();

    private readonly NetControlPlane _plane;
    private readonly ControlMetrics _control;
    private readonly Counter _devicePackets;
    private readonly Counter _deviceBytes;
    private readonly Counter _deviceDrops;
    private readonly Gauge _deviceReady;
    private readonly Gauge _deviceState;
    private readonly Counter _opened;
    private readonly Counter _closed;
    private readonly Gauge _active;
    private readonly Counter _sessionBytes;
    private readonly Gauge _delegateGeneration;
    private readonly Counter _delegateSwaps;
    private readonly HealthMetrics _health;
    private readonly DnsMetrics _dns;
    private readonly Counter _policyHits;
    private readonly Counter _retransmits;
    private readonly Counter _resets;
    private readonly Gauge _halfOpen;
    private readonly Gauge _usage;
    private readonly Gauge _limits;
    private readonly Counter _eventsPublished;
    private readonly Counter _eventsLost;
    private readonly Gauge _eventSubscribers;
    private readonly Counter _idempotentReplays;
    private readonly Counter _loopBusy;
    private readonly Counter _loopTurns;
    private readonly Counter _upstreamDrops;
    private readonly Gauge _poolBytes;

    public EngineMetrics(NetControlPlane plane, ControlMetrics control)
    {
        _plane = plane;
        _control = control;
        Registry = control.Registry;
        MetricFactory make = Prometheus.Metrics.WithCustomRegistry(Registry);
        _devicePackets = make.CreateCounter("netcontrol_device_packets_total", "IP packets through a device; in is from applications.",
            "device", "direction");
        _deviceBytes = make.CreateCounter("netcontrol_device_bytes_total", "Bytes of IP packets through a device.", "device", "direction");
        _deviceDrops = make.CreateCounter("netcontrol_device_drops_total", "Packets that went no further, by reason.", "device", "reason");
        _deviceReady = make.CreateGauge("netcontrol_device_ready", "1 while a device passes traffic.", "device");
        _deviceState = make.CreateGauge("netcontrol_device_state", "1 for the state that a device is in, 0 for the others.", "device", "state");
        string[] session = ["device", "delegate", "proto", "family"];
        _opened = make.CreateCounter("netcontrol_sessions_opened_total", "Sessions opened.", session);
        _closed = make.CreateCounter("netcontrol_sessions_closed_total", "Sessions closed, by cause.", [.. session, "cause"]);
        _active = make.CreateGauge("netcontrol_sessions_active", "Sessions that live.", session);
        _sessionBytes = make.CreateCounter("netcontrol_session_bytes_total", "Payload bytes of live and ended sessions.", "device",
            "delegate", "proto", "direction");
        _delegateGeneration = make.CreateGauge("netcontrol_delegate_generation", "A delegate's generation.", "delegate");
        _delegateSwaps = make.CreateCounter("netcontrol_delegate_swaps_total",
            "Swaps of a delegate, by what happens to existing sessions.", "delegate", "existing");
        _health = new HealthMetrics(plane, make);
        _dns = new DnsMetrics(plane, make);
        _policyHits = make.CreateCounter("netcontrol_policy_hits_total",
            "How often a rule decided; an empty rule is the policy's default action.", "policy", "rule");
        _retransmits = make.CreateCounter("netcontrol_tcp_retransmits_total", "TCP segments sent again to applications.", "device");
        _resets = make.CreateCounter("netcontrol_tcp_rst_total",
            "TCP resets, by whose doing: the application's (client), its upstream's, which is passed on (upstream), or ours (netcontrol).",
            "device", "origin");
        _halfOpen = make.CreateGauge("netcontrol_tcp_half_open", "TCP sessions whose dial or handshake goes on.", "device");
        _usage = make.CreateGauge("netcontrol_device_usage", "What a device has of what it is limited in.", "device", "resource");
        _limits = make.CreateGauge("netcontrol_device_limit", "The most that a device may have.", "device", "resource");
        _eventsPublished = make.CreateCounter("netcontrol_events_published_total", "Events of sessions, and switches of delegates between them, that were numbered.");
        _eventsLost = make.CreateCounter("netcontrol_events_lost_total",
            "Session events lost, by who lost them; each loss is also told in the stream.", "reason");
        _eventSubscribers = make.CreateGauge("netcontrol_event_subscribers", "Open session event streams.");
        _idempotentReplays = make.CreateCounter("netcontrol_rpc_idempotent_replays_total",
            "Answers given again for a repeated request id.");
        _loopBusy = make.CreateCounter("netcontrol_engine_loop_busy_seconds_total", "Time that an event loop did not wait.", "thread");
        _loopTurns = make.CreateCounter("netcontrol_engine_loop_turns_total", "Turns of an event loop.", "thread");
        _upstreamDrops = make.CreateCounter("netcontrol_udp_upstream_drops_total", "Datagrams that an upstream socket did not take.",
            "thread");
        _poolBytes = make.CreateGauge("netcontrol_buffer_pool_bytes", "Bytes held by the buffer pools, in use or free.");
        make.CreateGauge("netcontrol_build_info", "1, with the version in its labels.", "version", "commit", "runtime")
            .WithLabels(BuildInfo.Version, BuildInfo.Commit, BuildInfo.Runtime).Set(1);
        Calls = new CallMetrics(Registry);
        DotNetStats.Register(Registry);
        Registry.AddBeforeCollectCallback(Collect);
    }

    /// <summary>What is exported.</summary>
    public CollectorRegistry Registry { get; }

    /// <summary>What is counted of calls.</summary>
    public CallMetrics Calls { get; }

    private void Collect()
    {
        EngineCounters counters = _plane.ReadCounters();
        foreach (DeviceCounters device in counters.Devices)
        {
            CollectDevice(device);
        }

        CollectSessions(counters.Sessions);
        foreach (LoopCounters loop in counters.Loops)
        {
            _loopBusy.WithLabels(loop.Name).IncTo(loop.BusyTime.TotalSeconds);
            _loopTurns.WithLabels(loop.Name).IncTo(loop.Turns);
            _upstreamDrops.WithLabels(loop.Name).IncTo(loop.UpstreamDatagramsDropped);
        }

        _poolBytes.Set(counters.BufferPoolBytes);
        CollectResources();
        _control.SetGeneration(_plane.Configuration.Generation);
        HubCounters hub = _plane.Events.ReadCounters();
        _eventsPublished.IncTo(hub.Published);
        _eventsLost.WithLabels("engine").IncTo(hub.LostByEngine);
        _eventsLost.WithLabels("slow_reader").IncTo(hub.LostBySlowReaders);
        _eventSubscribers.Set(hub.Subscribers);
        _idempotentReplays.IncTo(_plane.Requests.Replays);
    }

    private void CollectDevice(DeviceCounters device)
    {
        _devicePackets.WithLabels(device.Device, "in").IncTo(device.PacketsIn);
        _devicePackets.WithLabels(device.Device, "out").IncTo(device.PacketsOut);
        _deviceBytes.WithLabels(device.Device, "in").IncTo(device.BytesIn);
        _deviceBytes.WithLabels(device.Device, "out").IncTo(device.BytesOut);
        for (int reason = 1; reason < device.Drops.Count && reason < s_drops.Length; reason++)
        {
            _deviceDrops.WithLabels(device.Device, s_drops[reason]).IncTo(device.Drops[reason]);
        }

        _retransmits.WithLabels(device.Device).IncTo(device.Retransmits);
        _resets.WithLabels(device.Device, "netcontrol").IncTo(device.ResetsSent - device.ResetsPassedOn);
        _resets.WithLabels(device.Device, "upstream").IncTo(device.ResetsPassedOn);
        _resets.WithLabels(device.Device, "client").IncTo(device.ResetsReceived);
        _halfOpen.WithLabels(device.Device).Set(device.HalfOpen);
        SetUsage(device.Device, "tcp_sessions", device.Usage.TcpSessions, device.Limits.MaxTcpSessions);
        SetUsage(device.Device, "udp_sessions", device.Usage.UdpSessions, device.Limits.MaxUdpSessions);
        SetUsage(device.Device, "half_open", device.Usage.HalfOpen, device.Limits.MaxHalfOpen);
        SetUsage(device.Device, "buffer_bytes", device.Usage.BufferBytes, device.Limits.MaxBufferBytes);
        SetUsage(device.Device, "reassembly_bytes", device.Usage.ReassemblyBytes, device.Limits.MaxReassemblyBytes);
    }

    private void SetUsage(string device, string resource, long used, long limit)
    {
        _usage.WithLabels(device, resource).Set(used);
        _limits.WithLabels(device, resource).Set(limit);
    }

    private void CollectSessions(IReadOnlyList<SessionCounters> rows)
    {
        // The families are one label apart in the counts, and not told apart in the bytes: sum before setting.
        Dictionary<(string Device, string Delegate, string Proto), (long Sent, long Received)> bytes = [];
        foreach (SessionCounters row in rows)
        {
            string proto = row.Protocol == SessionProtocol.Tcp ? "tcp" : "udp";
            string family = row.IsV4 ? "ipv4" : "ipv6";
            _opened.WithLabels(row.Device, row.Delegate, proto, family).IncTo(row.Opened);
            long ended = 0;
            for (int cause = 1; cause < row.Closed.Count && cause < s_causes.Length; cause++)
            {
                ended += row.Closed[cause];
                if (row.Closed[cause] > 0)
                {
                    _closed.WithLabels(row.Device, row.Delegate, proto, family, s_causes[cause]).IncTo(row.Closed[cause]);
                }
            }

            _active.WithLabels(row.Device, row.Delegate, proto, family).Set(row.Opened - ended);
            (long sent, long received) = bytes.GetValueOrDefault((row.Device, row.Delegate, proto));
            bytes[(row.Device, row.Delegate, proto)] = (sent + row.BytesSent, received + row.BytesReceived);
        }

        foreach (((string device, string delegateName, string proto), (long sent, long received)) in bytes)
        {
            _sessionBytes.WithLabels(device, delegateName, proto, "sent").IncTo(sent);
            _sessionBytes.WithLabels(device, delegateName, proto, "received").IncTo(received);
        }
    }

    private void CollectResources()
    {
        HashSet<string> devices = new(StringComparer.Ordinal);
        foreach (DeviceView device in _plane.Devices.All())
        {
            devices.Add(device.Meta.Name);
            _deviceReady.WithLabels(device.Meta.Name).Set(device.Phase == DevicePhase.Ready ? 1 : 0);
            for (int phase = 0; phase < s_phases.Length; phase++)
            {
                _deviceState.WithLabels(device.Meta.Name, s_phases[phase]).Set((int)device.Phase == phase ? 1 : 0);
            }
        }

        RemoveGone(_deviceReady, devices);
        RemoveGone(_deviceState, devices);
        RemoveGone(_usage, devices);
        RemoveGone(_limits, devices);
        HashSet<string> delegates = new(StringComparer.Ordinal);
        foreach (DelegateView view in _plane.Delegates.All())
        {
            delegates.Add(view.Meta.Name);
            _delegateGeneration.WithLabels(view.Meta.Name).Set(view.Meta.Generation);
        }

        RemoveGone(_delegateGeneration, delegates);
        _health.Collect();
        _dns.Collect();
        CollectPolicies();
        foreach ((string name, ControlPlane.Specs.ExistingPolicy existing, long count) in _plane.Delegates.SwapCounts())
        {
            _delegateSwaps.WithLabels(name, Words.Snake(existing.ToString())).IncTo(count);
        }
    }

    private void CollectPolicies()
    {
        HashSet<(string Policy, string Rule)> present = [];
        foreach (PolicyView policy in _plane.Policies.All())
        {
            for (int i = 0; i < policy.Hits.Count; i++)
            {
                string rule = i < policy.Spec.Rules.Count ? policy.Spec.Rules[i].Id : "";
                present.Add((policy.Meta.Name, rule));
                Counter.Child counter = _policyHits.WithLabels(policy.Meta.Name, rule);

                // A policy that was removed and made anew, or a rule, counts from 0 again: to Prometheus a counter's reset.
                if (counter.Value > policy.Hits[i])
                {
                    counter.Remove();
                    counter = _policyHits.WithLabels(policy.Meta.Name, rule);
                }

                counter.IncTo(policy.Hits[i]);
            }
        }

        foreach (string[] labels in _policyHits.GetAllLabelValues())
        {
            if (!present.Contains((labels[0], labels[1])))
            {
                _policyHits.RemoveLabelled(labels);
            }
        }
    }

    private static void RemoveGone(Gauge gauge, HashSet<string> present)
    {
        foreach (string[] labels in gauge.GetAllLabelValues())
        {
            if (!present.Contains(labels[0]))
            {
                gauge.RemoveLabelled(labels);
            }
        }
    }
}
