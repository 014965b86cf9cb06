using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NetControl.ControlPlane;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Validation;
using NetControl.Server.Audit;
using NetControl.Server.Mapping;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Services;

/// <summary>One reader's stream of the audit log: start, what is remembered, then records, losses and heartbeats until either side ends
/// it.</summary>
/// <remarks>Owner: the call. While a write waits for the reader, entries gather in the bounded ring, not here, and those that it forgets
/// meanwhile are told as lost.</remarks>
internal sealed class AuditStream
{
    private const int BatchSize = 64;
    private static readonly HeartbeatInterval s_heartbeat =
        new(Usual: TimeSpan.FromSeconds(10), Shortest: TimeSpan.FromMilliseconds(100), Longest: TimeSpan.FromHours(1));

    private readonly NetControlPlane _plane;
    private readonly AuditRing _ring;
    private readonly V1.StreamAuditRecordsRequest _request;
    private readonly IServerStreamWriter<V1.StreamAuditRecordsResponse> _stream;
    private readonly IAuditStream? _audit;
    private readonly List<AuditEntry> _entries = new(BatchSize);
    private long _told;

    public AuditStream(NetControlPlane plane, AuditRing ring, V1.StreamAuditRecordsRequest request,
        IServerStreamWriter<V1.StreamAuditRecordsResponse> stream, IAuditStream? audit)
    {
        _audit = audit;
        _plane = plane;
        _ring = ring;
        _request = request;
        _stream = stream;
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        TimeSpan heartbeat = Validate();
        long resumed = _request.ResumeFrom is { } from ? Resume(from) : 0;

        // Before its own place is taken: whoever follows from now on is not told that it does.
        _audit?.Begin();
        long last = _ring.Sequence;
        long seen = _request.ResumeFrom is not null ? resumed : _request.Remembered ? _ring.Oldest - 1 : last;
        await WriteAsync(
            new V1.StreamAuditRecordsResponse
            {
                Start = new V1.AuditStreamStart
                {
                    Epoch = _plane.Events.Epoch,
                    Sequence = last,
                    Oldest = _ring.Oldest,
                    ServerTime = _plane.Time.GetUtcNow().ToTimestamp(),
                },
            },
            cancellationToken);
        if (_request.ResumeFrom is not null || _request.Remembered)
        {
            seen = await WriteNewAsync(seen, cancellationToken);
            await WriteHeartbeatAsync(seen, cancellationToken);
        }

        await FollowAsync(seen, heartbeat, cancellationToken);
    }

    private TimeSpan Validate()
    {
        ViolationList violations = new();
        TimeSpan heartbeat = s_heartbeat.Read(_request.HeartbeatInterval, violations);
        if (_request.Remembered && _request.ResumeFrom is not null)
        {
            violations.AddText("remembered", "cannot be had together with resume_from; a resumed stream goes on from what its reader knows",
                "CONFLICT");
        }

        violations.ThrowIfAny("");
        return heartbeat;
    }

    private long Resume(V1.ResumePoint from) => from.Epoch.Length == 0 || from.Epoch == _plane.Events.Epoch
        ? _ring.Resume(from.Sequence)
        : throw new ControlPlaneException(ControlPlaneError.ResumePointExpired,
            $"the epoch \"{from.Epoch}\" is another life of the server; its records are in the audit file, where one is configured");

    private async Task FollowAsync(long seen, TimeSpan heartbeat, CancellationToken cancellationToken)
    {
        CancellationToken stopping = _plane.Stopping;
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping);
        while (true)
        {
            // Read before the records: what is told last must already be the shutdown's word.
            bool ending = stopping.IsCancellationRequested;
            seen = await WriteNewAsync(seen, cancellationToken);
            if (ending)
            {
                V1.StreamEnd end = new() { Sequence = seen, Reason = V1.StreamEnd.Types.Reason.Shutdown };
                await WriteAsync(new V1.StreamAuditRecordsResponse { End = end }, cancellationToken);
                return;
            }

            TimeSpan left = heartbeat - _plane.Time.GetElapsedTime(_told);
            if (left <= TimeSpan.Zero)
            {
                await WriteHeartbeatAsync(seen, cancellationToken);
                left = heartbeat;
            }

            try
            {
                await _ring.WaitAsync(seen, left, _plane.Time, both.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // The process ends: the next turn says so.
            }
        }
    }

    private async Task<long> WriteNewAsync(long seen, CancellationToken cancellationToken)
    {
        while (true)
        {
            _entries.Clear();
            long first = _ring.Read(seen, BatchSize, _entries);
            if (first > seen + 1)
            {
                V1.AuditLost lost = new() { From = seen + 1, To = first - 1 };
                await WriteAsync(new V1.StreamAuditRecordsResponse { Lost = lost }, cancellationToken);
            }

            for (int i = 0; i < _entries.Count; i++)
            {
                if (AuditFilter.Chooses(_request, _entries[i]))
                {
                    await WriteAsync(new V1.StreamAuditRecordsResponse { Record = _entries[i].ToMessage(first + i) }, cancellationToken);
                }
            }

            seen = first + _entries.Count - 1;
            if (_entries.Count < BatchSize)
            {
                return seen;
            }
        }
    }

    private Task WriteHeartbeatAsync(long seen, CancellationToken cancellationToken) => WriteAsync(
        new V1.StreamAuditRecordsResponse
        {
            Heartbeat = new V1.Heartbeat { Sequence = seen, ServerTime = _plane.Time.GetUtcNow().ToTimestamp() },
        },
        cancellationToken);

    private Task WriteAsync(V1.StreamAuditRecordsResponse message, CancellationToken cancellationToken)
    {
        _told = _plane.Time.GetTimestamp();
        return _stream.WriteAsync(message, cancellationToken);
    }
}
