using System.Globalization;
using NetControl.Protocol.V1;
using Duration = Google.Protobuf.WellKnownTypes.Duration;

namespace NetControl.Cli.Output;

/// <summary>The tables of each resource.</summary>
internal static class Tables
{
    public static string Of(IEnumerable<Device> devices)
    {
        Table table = new("NAME", "STATE", "INTERFACE", "MTU", "ADDRESSES", "ROUTES", "STREAMS", "PACKETS", "OFFLOADS");
        foreach (Device d in devices)
        {
            string mtu = (d.Status?.Mtu ?? d.Mtu).ToString(CultureInfo.InvariantCulture);
            string offloads = d.Status is null ? "" : string.Join(',', d.Status.Offloads);
            table.Add(d.Name, Upper(d.State), d.Interface, mtu, string.Join(',', d.Addresses), string.Join(',', d.Routes), d.StreamDialer,
                d.PacketProxy, offloads);
        }

        return table.ToString();
    }

    public static string Of(IEnumerable<Proxy> proxies)
    {
        Table table = new("NAME", "STATE", "CONFIG", "UDP-IDLE", "GENERATION", "USED BY");
        foreach (Proxy p in proxies)
        {
            string config = p.Config.Length == 0 ? "direct" : p.Config;
            table.Add(p.Name, Upper(p.State), config, p.UdpIdleTimeout is null ? ""
                : $"{p.UdpIdleTimeout.ToTimeSpan().TotalSeconds:0.###}s", Number(p.Generation), string.Join(',', p.UsedBy));
        }

        return table.ToString();
    }

    public static string Of(IEnumerable<Protocol.V1.Delegate> delegates)
    {
        Table table = new("NAME", "STATE", "PROXY", "GENERATION", "PROXIES", "USED BY");
        foreach (Protocol.V1.Delegate d in delegates)
        {
            string health = string.Join(',', d.Health.Select(h => $"{h.Proxy}={Upper(h.State).ToLowerInvariant()}"));
            table.Add(d.Name, Upper(d.State), d.Proxy, Number(d.Generation), health, string.Join(',', d.UsedBy));
        }

        return table.ToString();
    }

    /// <summary>What is so about a resource, and since when; nothing where nothing is said.</summary>
    public static string Of(IReadOnlyCollection<Condition> conditions)
    {
        if (conditions.Count == 0)
        {
            return "";
        }

        Table table = new("CONDITION", "STATUS", "SINCE", "REASON", "MESSAGE");
        foreach (Condition c in conditions)
        {
            table.Add(c.Type, Upper(c.Status), c.LastTransitionTime?.ToDateTime().ToString("u", CultureInfo.InvariantCulture) ?? "", c.Reason, c.Message);
        }

        return table.ToString();
    }

    public static string Of(IEnumerable<Session> sessions)
    {
        Table table = new("NAME", "PROTO", "STATE", "SOURCE", "DESTINATION", "DELEGATE", "PROXY", "GEN", "SENT", "RECEIVED", "AGE");
        foreach (Session s in sessions)
        {
            table.Add(
                s.Name, Upper(s.Protocol), Upper(s.State), s.Source, s.Destination, s.Delegate, s.Proxy, Number(s.Generation),
                Number(s.BytesSent), Number(s.BytesReceived), Age(DateTime.UtcNow - s.OpenTime.ToDateTime()));
        }

        return table.ToString();
    }

    public static string Of(SwapDelegateResponse swap) => new Table("NAME", "PROXY", "GENERATION", "KEPT", "DRAINING", "CLOSED")
        .Add(swap.Delegate.Name, swap.Delegate.Proxy, Number(swap.Generation), Number(swap.SessionsKept), Number(swap.SessionsDraining),
            Number(swap.SessionsClosed))
        .ToString();

    public static string Of(GetServerInfoResponse info) => new Table("VERSION", "COMMIT", "RUNTIME", "STARTED", "LOOPS", "HOPS")
        .Add(info.Version, info.Commit, info.Runtime, info.StartTime.ToDateTime().ToString("u", CultureInfo.InvariantCulture),
            Number(info.Loops), string.Join(',', info.HopTypes))
        .ToString()
        + (info.Limits?.Process is not { } limits ? "" : new Table("MAX SESSIONS", "MAX HALF-OPEN", "MAX BUFFERS", "MAX REASSEMBLY",
            "MAX SESSION BUFFER")
        .Add(Number(limits.MaxSessions), Number(limits.MaxHalfOpen), Number((long)limits.MaxBufferBytes),
            Number((long)limits.MaxReassemblyBytes), Number(limits.MaxSessionBufferBytes))
        .ToString());

    /// <summary>A session with its inner values, one field a line.</summary>
    public static string Of(GetSessionResponse response)
    {
        Session session = response.Session;
        string text = Of([session])
            + new Table("DIAL-MS", "CONNECT-MS", "FIRST-BYTE-MS")
                .Add(Millis(session.DialDuration), Millis(session.ConnectDuration), Millis(session.FirstByteDuration)).ToString();
        return response.Tcp is not { } tcp ? text : text
            + new Table("TCP", "CC", "RECOVERY", "MSS", "CWND", "SSTHRESH", "INFLIGHT", "SNDWND", "RCVWND", "SNDQ", "RCVQ", "BUFFERS",
                "RTT-MS", "RTTVAR-MS", "RTO-MS", "RETRANSMITS")
            .Add(
                tcp.State, Upper(tcp.CongestionControl), Upper(tcp.Recovery), Number(tcp.SendMss), Number(tcp.CongestionWindow),
                Number(tcp.SlowStartThreshold), Number(tcp.BytesInFlight), Number(tcp.SendWindow), Number(tcp.ReceiveWindow),
                Number(tcp.SendQueueBytes), Number(tcp.ReceiveQueueBytes), Number(tcp.BufferBytes), Millis(tcp.SmoothedRtt),
                Millis(tcp.RttVariation), Millis(tcp.RetransmissionTimeout), Number(tcp.Retransmits))
            .ToString();
    }

    /// <summary>One line for each message of the event stream.</summary>
    public static IEnumerable<string> Lines(StreamSessionEventsResponse message)
    {
        switch (message.MessageCase)
        {
            case StreamSessionEventsResponse.MessageOneofCase.Start:
                yield return $"START     epoch {message.Start.Epoch}, after {message.Start.Sequence}";
                break;
            case StreamSessionEventsResponse.MessageOneofCase.Snapshot:
                foreach (Session s in message.Snapshot.Sessions)
                {
                    yield return $"LIVE      {Line(s)}";
                }

                break;
            case StreamSessionEventsResponse.MessageOneofCase.SnapshotEnd:
                yield return $"SNAPSHOT  {message.SnapshotEnd.Count} sessions as of {message.SnapshotEnd.Sequence}";
                break;
            case StreamSessionEventsResponse.MessageOneofCase.Events:
                foreach (SessionEvent e in message.Events.Events)
                {
                    yield return e.DelegateSwitch is { } made
                        ? $"SWITCHED  #{e.Sequence} {Line(made)}" : $"{Upper(e.Kind),-9} #{e.Sequence} {Line(e.Session)}";
                }

                break;
            case StreamSessionEventsResponse.MessageOneofCase.Lost:
                yield return $"LOST      #{message.Lost.From} to #{message.Lost.To}: {message.Lost.Count} events "
                    + $"({Upper(message.Lost.Reason)})";
                break;
            case StreamSessionEventsResponse.MessageOneofCase.End:
                yield return $"END       #{message.End.Sequence} ({Upper(message.End.Reason)})";
                break;
        }
    }

    public static string Of(IEnumerable<Policy> policies)
    {
        Table table = new("NAME", "RULE", "ACTION", "TARGET", "PROTO", "SOURCES", "DESTINATIONS", "PORTS", "HITS");
        foreach (Policy policy in policies)
        {
            foreach (PolicyRule r in policy.Rules)
            {
                string protocol = r.Protocol == SessionProtocol.Unspecified ? "" : Upper(r.Protocol);
                table.Add(policy.Name, r.Id, Upper(r.Action), r.Target, protocol, string.Join(',', r.Sources), string.Join(',', r.Destinations),
                    string.Join(',', r.Ports), Number(r.Hits));
            }

            string otherwise = policy.DefaultAction == PolicyAction.Unspecified ? "ALLOW" : Upper(policy.DefaultAction);
            table.Add(policy.Name, "(default)", otherwise, "", "", "", "", "", Number(policy.DefaultHits));
        }

        return table.ToString();
    }

    public static string Of(EvaluatePolicyResponse verdict)
    {
        Table trace = new("RULE", "MATCHES");
        foreach (PolicyTraceStep step in verdict.Trace)
        {
            trace.Add(step.Rule, step.Mismatch == PolicyTraceStep.Types.Mismatch.Unspecified ? "yes" : $"no: {Upper(step.Mismatch)}");
        }

        return new Table("POLICY", "ACTION", "RULE", "EGRESS", "PROXY")
            .Add(verdict.Policy, Upper(verdict.Action), verdict.Rule, verdict.Egress, verdict.Proxy).ToString()
            + (verdict.Trace.Count == 0 ? "" : trace.ToString());
    }

    /// <summary>The plan of an application, and what came of it.</summary>
    public static string Of(ApplyConfigurationResponse response, bool validateOnly)
    {
        Table table = new("ACTION", "NAME", "ENDS", "WHAT");
        foreach (PlanStep step in response.Steps)
        {
            table.Add(Upper(step.Action), step.Name, Number(step.SessionsDisrupted), step.Description);
        }

        string plan = response.Steps.Count == 0 ? "everything is as wished already\n" : table.ToString();
        string generation = validateOnly ? $"nothing was done; the generation would be {response.Generation}\n"
            : $"generation {response.Generation}\n";
        return plan + generation + (response.PendingConfirmation is not { } pending ? ""
            : $"taken back at {pending.Deadline.ToDateTime():u} unless you say: netctl config confirm {pending.ConfirmationId}\n");
    }

    public static string Of(GetAccountingResponse books)
    {
        Table table = new("DEVICE", "DELEGATE", "PROTO", "IP", "OPENED", "CLOSED", "LIVE", "SENT", "RECEIVED");
        foreach (AccountingRow r in books.Rows)
        {
            table.Add(r.Device, r.Delegate, Upper(r.Protocol), Number(r.IpVersion), Number(r.Opened), Number(r.Closed.Sum(c => c.Count)),
                Number(r.Live), Number(r.BytesSent), Number(r.BytesReceived));
        }

        return table.ToString();
    }

    /// <summary>One line for each message of the resources' stream.</summary>
    public static IEnumerable<string> Lines(WatchResourcesResponse message) => message.MessageCase switch
    {
        WatchResourcesResponse.MessageOneofCase.Start => [$"START     epoch {message.Start.Epoch}, after {message.Start.Sequence}"],
        WatchResourcesResponse.MessageOneofCase.Changed => [Line(message.Changed)],
        WatchResourcesResponse.MessageOneofCase.SnapshotEnd => [$"SNAPSHOT  complete as of {message.SnapshotEnd.Sequence}"],
        WatchResourcesResponse.MessageOneofCase.Relist => ["RELIST    too far behind: what follows replaces everything"],
        _ => [],
    };

    private static string Line(ResourceChange change)
    {
        string what = change.ResourceCase switch
        {
            ResourceChange.ResourceOneofCase.Device => $"{Upper(change.Device.State)} streams "
                + $"{Dash(change.Device.StreamDialer)} packets {Dash(change.Device.PacketProxy)}",
            ResourceChange.ResourceOneofCase.Delegate => $"{Upper(change.Delegate.State)} -> {change.Delegate.Proxy} generation "
                + Number(change.Delegate.Generation),
            ResourceChange.ResourceOneofCase.Proxy => $"{Upper(change.Proxy.State)} {(change.Proxy.Config.Length == 0 ? "direct" : change.Proxy.Config)}",
            ResourceChange.ResourceOneofCase.Policy => $"{change.Policy.Rules.Count} rules",
            _ => "",
        };
        return $"{Upper(change.Type),-9} #{change.Sequence} {change.Name} {what}".TrimEnd();
    }

    private static string Dash(string text) => text.Length == 0 ? "-" : text;

    private static string Line(Session s)
    {
        string end = s.Cause == SessionCause.Unspecified ? "" : $" {Upper(s.Cause)}";
        if (s.DialError.Length > 0)
        {
            // It may quote a proxy, which must not move the terminal's cursor.
            end += $": {string.Concat(s.DialError.Select(c => char.IsControl(c) ? '?' : c))}";
        }

        return $"{s.Name} {Upper(s.Protocol)} {s.Source} -> {s.Destination} via {(s.Delegate.Length == 0 ? "-" : s.Delegate)} gen "
            + $"{s.Generation} "
            + $"({(s.Proxy.Length == 0 ? "-" : s.Proxy)}) sent {s.BytesSent} received {s.BytesReceived}{end}";
    }

    private static string Line(DelegateSwitch made)
    {
        string why = made.Reason == Failover.Types.Reason.Unspecified ? "" : $" {Upper(made.Reason)}: {made.Message}";
        return $"{made.Delegate} gen {made.Generation} {Dash(made.From)} -> {Dash(made.To)}{why}";
    }

    private static string Millis(Duration? time) =>
        time is null ? "" : time.ToTimeSpan().TotalMilliseconds.ToString("0.###", CultureInfo.InvariantCulture);

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Upper<T>(T value)
        where T : struct, Enum =>
            string.Concat(value.ToString().Select((c, i) => i > 0 && char.IsAsciiLetterUpper(c) ? $"_{c}" : $"{char.ToUpperInvariant(c)}"));

    private static string Age(TimeSpan age) => age.TotalSeconds < 120 ? $"{Math.Max(0, age.TotalSeconds):0}s" : age.TotalMinutes < 120
        ? $"{age.TotalMinutes:0}m" : $"{age.TotalHours:0}h";
}
