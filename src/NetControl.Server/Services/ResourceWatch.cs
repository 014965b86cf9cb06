using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NetControl.ControlPlane;
using NetControl.ControlPlane.Configurations;
using NetControl.ControlPlane.Lists.Filters;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Validation;
using NetControl.Server.Mapping;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Services;

/// <summary>One reader's stream of resources: start, snapshot, then changes and heartbeats until either side ends it.</summary>
/// <remarks>Owner: the call. While a write waits for the reader, changes gather in the control plane's bounded log, not here; a reader that
/// the log has forgotten is given a new snapshot.</remarks>
internal sealed class ResourceWatch
{
    private static readonly HeartbeatInterval s_heartbeat =
        new(Usual: TimeSpan.FromSeconds(15), Shortest: TimeSpan.FromSeconds(1), Longest: TimeSpan.FromMinutes(10));

    private static readonly string[] s_collections = [ResourceName.Devices, ResourceName.Delegates, ResourceName.Policies, ResourceName.Proxies];
    private readonly NetControlPlane _plane;
    private readonly V1.WatchResourcesRequest _request;
    private readonly IServerStreamWriter<V1.WatchResourcesResponse> _stream;
    private readonly WildcardPattern[] _names;

    public ResourceWatch(NetControlPlane plane, V1.WatchResourcesRequest request, IServerStreamWriter<V1.WatchResourcesResponse> stream)
    {
        _plane = plane;
        _request = request;
        _stream = stream;
        _names = [.. request.Names.Select(WildcardPattern.Parse)];
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        TimeSpan heartbeat = Validate();
        long seen;
        if (_request.ResumeFrom is { } from)
        {
            bool known = from.Epoch == _plane.Events.Epoch && _plane.Changes.TryRead(from.Sequence, [], out _);
            seen = from.Sequence;
            await WriteAsync(new V1.WatchResourcesResponse { Start = Start(known ? seen : _plane.Changes.Sequence) }, cancellationToken);
            if (!known)
            {
                seen = await RelistAsync(cancellationToken);
            }
        }
        else
        {
            ConfigurationView view = _plane.Configuration.Get();
            await WriteAsync(new V1.WatchResourcesResponse { Start = Start(view.Sequence) }, cancellationToken);
            seen = await WriteSnapshotAsync(view, cancellationToken);
        }

        await FollowAsync(seen, heartbeat, cancellationToken);
    }

    private TimeSpan Validate()
    {
        ViolationList violations = new();
        TimeSpan heartbeat = s_heartbeat.Read(_request.HeartbeatInterval, violations);
        for (int i = 0; i < _request.Collections.Count; i++)
        {
            if (!s_collections.Contains(_request.Collections[i], StringComparer.Ordinal))
            {
                violations.Add($"collections[{i}]", _request.Collections[i], "is not a collection",
                    $"write {string.Join(", ", s_collections)}", "INVALID_VALUE");
            }
        }

        // What no name can match is a slip that would never show: the stream would be silent for ever.
        for (int i = 0; i < _request.Names.Count; i++)
        {
            string name = _request.Names[i];
            string? collection = Array.Find(s_collections, c => name.StartsWith(c + "/", StringComparison.Ordinal));
            if (collection is null || !ResourceName.Is(name.Replace("*", "x", StringComparison.Ordinal), collection))
            {
                violations.Add($"names[{i}]", FilterValue.Shorten(name), "is not the name of a resource, nor one with * in it",
                    "write e.g. delegates/egress or delegates/eu-*", "INVALID_NAME");
            }
            else if (_request.Collections.Count > 0 && !_request.Collections.Contains(collection))
            {
                violations.Add($"names[{i}]", FilterValue.Shorten(name), "is in none of the collections",
                    $"add {collection} to collections, or leave those out", "CONFLICT");
            }
        }

        violations.ThrowIfAny("");
        return heartbeat;
    }

    private V1.WatchResourcesResponse.Types.Start Start(long sequence) => new() { Epoch = _plane.Events.Epoch, Sequence = sequence };

    private async Task<long> RelistAsync(CancellationToken cancellationToken)
    {
        await WriteAsync(new V1.WatchResourcesResponse { Relist = new V1.WatchResourcesResponse.Types.Relist() }, cancellationToken);
        return await WriteSnapshotAsync(_plane.Configuration.Get(), cancellationToken);
    }

    private async Task<long> WriteSnapshotAsync(ConfigurationView view, CancellationToken cancellationToken)
    {
        IEnumerable<(string Name, object View)> all =
        [
            .. view.Proxies.Select(p => (p.Meta.Name, (object)p)),
            .. view.Delegates.Select(d => (d.Meta.Name, (object)d)),
            .. view.Policies.Select(p => (p.Meta.Name, (object)p)),
            .. view.Devices.Select(d => (d.Meta.Name, (object)d)),
        ];
        foreach ((string name, object resource) in all.Where(r => Wanted(r.Name)))
        {
            await WriteAsync(
                new V1.WatchResourcesResponse { Changed = resource.ToChange(view.Sequence, name, V1.ResourceChange.Types.Type.Snapshot) },
                cancellationToken);
        }

        await WriteAsync(
            new V1.WatchResourcesResponse { SnapshotEnd = new V1.WatchResourcesResponse.Types.SnapshotEnd { Sequence = view.Sequence } },
            cancellationToken);
        return view.Sequence;
    }

    private async Task FollowAsync(long seen, TimeSpan heartbeat, CancellationToken cancellationToken)
    {
        List<ResourceChange> changes = [];
        while (true)
        {
            // Read before the changes: what is told last must already be the shutdown's word.
            bool ending = _plane.ShuttingDown;
            changes.Clear();
            if (_plane.Changes.TryRead(seen, changes, out long upTo))
            {
                foreach (ResourceChange change in changes.Where(c => Wanted(c.Name)))
                {
                    await WriteAsync(new V1.WatchResourcesResponse { Changed = change.ToMessage() }, cancellationToken);
                }

                seen = upTo;
            }
            else
            {
                seen = await RelistAsync(cancellationToken);
            }

            if (ending)
            {
                return;
            }

            if (!await HasChangedAsync(seen, heartbeat, cancellationToken))
            {
                await WriteAsync(
                    new V1.WatchResourcesResponse
                    {
                        Heartbeat = new V1.WatchResourcesResponse.Types.Heartbeat
                        {
                            Sequence = seen,
                            Time = _plane.Time.GetUtcNow().ToTimestamp(),
                        },
                    },
                    cancellationToken);
            }
        }
    }

    private async Task<bool> HasChangedAsync(long seen, TimeSpan heartbeat, CancellationToken cancellationToken)
    {
        using CancellationTokenSource wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        wait.CancelAfter(heartbeat);
        try
        {
            await _plane.Changes.WaitAsync(seen, wait.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private bool Wanted(string name) =>
        (_request.Collections.Count == 0 || _request.Collections.Any(c => ResourceName.Is(name, c)))
        && (_names.Length == 0 || Array.Exists(_names, pattern => pattern.Matches(name)));

    private Task WriteAsync(V1.WatchResourcesResponse message, CancellationToken cancellationToken) =>
        _stream.WriteAsync(message, cancellationToken);
}
