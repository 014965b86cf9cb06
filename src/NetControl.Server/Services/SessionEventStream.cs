using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NetControl.ControlPlane;
using NetControl.ControlPlane.Events;
using NetControl.ControlPlane.Validation;
using NetControl.Engine.Sessions;
using NetControl.Server.Mapping;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Services;

/// <summary>One subscriber's stream: start, snapshot, then events, losses and heartbeats until either side ends it.</summary>
/// <remarks>Owner: the call. It is the only writer of the stream; while a write waits for the client, events gather in the hub, not
/// here.</remarks>
internal sealed class SessionEventStream
{
    private const int BatchSize = 256;
    private const int SnapshotBatchSize = 256;
    private static readonly HeartbeatInterval s_heartbeat =
        new(Usual: TimeSpan.FromSeconds(10), Shortest: TimeSpan.FromMilliseconds(100), Longest: TimeSpan.FromHours(1));

    private readonly NetControlPlane _plane;
    private readonly V1.StreamSessionEventsRequest _request;
    private readonly IServerStreamWriter<V1.StreamSessionEventsResponse> _stream;
    private readonly List<SequencedEvent> _events = new(BatchSize);

    public SessionEventStream(
        NetControlPlane plane, V1.StreamSessionEventsRequest request, IServerStreamWriter<V1.StreamSessionEventsResponse> stream)
    {
        _plane = plane;
        _request = request;
        _stream = stream;
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        TimeSpan heartbeat = Validate();
        SubscriptionOptions options = new()
        {
            Filter = _request.Filter.ToFilter(_plane.Time.GetUtcNow(), lasting: true),
            Updates = _request.Updates,
            Switches = _request.DelegateSwitches,
            QueueCapacity = _request.QueueCapacity
        };
        if (_request.Snapshot)
        {
            SessionSnapshot snapshot = await _plane.TakeSnapshotAsync(options, cancellationToken);
            using (snapshot.Subscription)
            {
                await WriteStartAsync(snapshot.Subscription, snapshot.Sequence, cancellationToken);
                await WriteSnapshotAsync(snapshot, cancellationToken);
                await FollowAsync(snapshot.Subscription, heartbeat, cancellationToken);
            }

            return;
        }

        using SessionSubscription subscription = _request.ResumeFrom is { } from
            ? _plane.Events.Resume(options, from.Epoch, from.Sequence)
            : _plane.Events.Subscribe(options);
        await WriteStartAsync(subscription, subscription.Position, cancellationToken);
        await FollowAsync(subscription, heartbeat, cancellationToken);
    }

    private TimeSpan Validate()
    {
        ViolationList violations = new();
        TimeSpan heartbeat = s_heartbeat.Read(_request.HeartbeatInterval, violations);
        if (_request.QueueCapacity < 0)
        {
            violations.Add("queue_capacity", $"{_request.QueueCapacity}", "is negative", "write 0 for the most", "OUT_OF_RANGE");
        }

        if (_request.Snapshot && _request.ResumeFrom is not null)
        {
            violations.AddText("snapshot", "cannot be had together with resume_from; a resumed stream goes on from what its reader knows",
                "CONFLICT");
        }

        violations.ThrowIfAny("");
        return heartbeat;
    }

    private Task WriteStartAsync(SessionSubscription subscription, long sequence, CancellationToken cancellationToken) =>
        _stream.WriteAsync(
        new V1.StreamSessionEventsResponse
        {
            Start = new V1.StreamStart
            {
                Epoch = _plane.Events.Epoch,
                Sequence = sequence,
                ServerTime = _plane.Time.GetUtcNow().ToTimestamp(),
                RingCapacity = _plane.Events.Capacity,
                QueueCapacity = subscription.Capacity,
            },
        },
        cancellationToken);

    private async Task WriteSnapshotAsync(SessionSnapshot snapshot, CancellationToken cancellationToken)
    {
        foreach (SessionInfo[] chunk in snapshot.Sessions.Chunk(SnapshotBatchSize))
        {
            V1.SessionSnapshot message = new() { Sessions = { chunk.Select(s => SessionMapping.ToMessage(s)) } };
            await _stream.WriteAsync(new V1.StreamSessionEventsResponse { Snapshot = message }, cancellationToken);
        }

        V1.SnapshotEnd end = new() { Sequence = snapshot.Sequence, Count = snapshot.Sessions.Count };
        await _stream.WriteAsync(new V1.StreamSessionEventsResponse { SnapshotEnd = end }, cancellationToken);
    }

    private async Task FollowAsync(SessionSubscription subscription, TimeSpan heartbeat, CancellationToken cancellationToken)
    {
        while (true)
        {
            switch (subscription.Read(_events, BatchSize, out LostRange lost))
            {
                case FeedResult.Events:
                    await _stream.WriteAsync(Batch(), cancellationToken);
                    break;
                case FeedResult.Lost:
                    await _stream.WriteAsync(new V1.StreamSessionEventsResponse { Lost = SessionMapping.ToMessage(lost) },
                        cancellationToken);
                    break;
                case FeedResult.Completed:
                    V1.StreamEnd end = new() { Sequence = subscription.Position, Reason = V1.StreamEnd.Types.Reason.Shutdown };
                    await _stream.WriteAsync(new V1.StreamSessionEventsResponse { End = end }, cancellationToken);
                    return;
                default:
                    if (!await subscription.WaitAsync(heartbeat, cancellationToken))
                    {
                        await _stream.WriteAsync(Heartbeat(subscription), cancellationToken);
                    }

                    break;
            }
        }
    }

    private V1.StreamSessionEventsResponse Batch()
    {
        V1.SessionEventBatch batch = new();
        foreach (SequencedEvent e in _events)
        {
            batch.Events.Add(SessionMapping.ToMessage(e));
        }

        return new V1.StreamSessionEventsResponse { Events = batch };
    }

    private V1.StreamSessionEventsResponse Heartbeat(SessionSubscription subscription) => new()
    {
        Heartbeat = new V1.Heartbeat { Sequence = subscription.Position, ServerTime = _plane.Time.GetUtcNow().ToTimestamp() },
    };
}
