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
        Table table = new("NAME", "STATE", "PROXY", "GENERATION", "USED BY");
        foreach (Protocol.V1.Delegate d in delegates)
        {
            table.Add(d.Name, Upper(d.State), d.Proxy, Number(d.Generation), string.Join(',', d.UsedBy));
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
        string text = Of([response.Session]);
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
                    yield return $"{Upper(e.Kind),-9} #{e.Sequence} {Line(e.Session)}";
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

    private static string Line(Session s)
    {
        string end = s.Cause == SessionCause.Unspecified ? "" : $" {Upper(s.Cause)}";
        return $"{s.Name} {Upper(s.Protocol)} {s.Source} -> {s.Destination} via {(s.Delegate.Length == 0 ? "-" : s.Delegate)} gen "
            + $"{s.Generation} "
            + $"({(s.Proxy.Length == 0 ? "-" : s.Proxy)}) sent {s.BytesSent} received {s.BytesReceived}{end}";
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
