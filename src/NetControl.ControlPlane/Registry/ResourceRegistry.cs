using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Specs;
using NetControl.Engine;

namespace NetControl.ControlPlane.Registry;

/// <summary>All resources, behind one lock; every commit takes the next revision, so the order of revisions is the order of
/// effects.</summary>
/// <remarks>
/// Lock rule: what is slow (dialers, the kernel) is done before or after, never under <see cref="Gate"/>; under it there are only
/// dictionary operations and the volatile writes that make a change take effect.
/// </remarks>
internal sealed class ResourceRegistry
{
    private long _revision;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Lock Gate { get; } = new();

    public SortedDictionary<string, ProxyState> Proxies { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, DelegateState> Delegates { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, DeviceState> Devices { get; } = new(StringComparer.Ordinal);

    public bool ShuttingDown { get; private set; }

    public long Revision => Volatile.Read(ref _revision);

    /// <summary>Takes the next revision and wakes those who wait for a change. Call under the lock.</summary>
    public long NextRevision()
    {
        long revision = ++_revision;
        TaskCompletionSource changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.TrySetResult();
        return revision;
    }

    /// <summary>Waits until the revision is another one than the caller saw.</summary>
    public async Task WaitForChangeAsync(long seen, CancellationToken cancellationToken)
    {
        Task changed;
        lock (Gate)
        {
            if (_revision != seen)
            {
                return;
            }

            changed = _changed.Task;
        }

        await changed.WaitAsync(cancellationToken);
    }

    public void BeginShutdown()
    {
        lock (Gate)
        {
            ShuttingDown = true;
            NextRevision();
        }
    }

    /// <summary>Refuses mutations once the end has begun. Call under the lock.</summary>
    public void EnsureRunning()
    {
        if (ShuttingDown)
        {
            throw new ControlPlaneException(ControlPlaneError.ShuttingDown, "the server is shutting down; try again when it is back");
        }
    }

    public ProxyState Proxy(string name) => Proxies.TryGetValue(name, out ProxyState? state) ? state
        : throw ControlPlaneException.NotFound(name);

    public DelegateState Delegate(string name) => Delegates.TryGetValue(name, out DelegateState? state) ? state
        : throw ControlPlaneException.NotFound(name);

    public DeviceState Device(string name) => Devices.TryGetValue(name, out DeviceState? state) ? state
        : throw ControlPlaneException.NotFound(name);

    /// <summary>A device that is open and stays so, for a change. Call under the lock.</summary>
    public DeviceState OpenDevice(string name)
    {
        DeviceState state = Device(name);
        if (state.Device is null || state.Closing)
        {
            string doing = state.Closing ? "being removed" : "being set up";
            throw new ControlPlaneException(ControlPlaneError.ResourceBusy, $"\"{name}\" is {doing} by another call; try again", name);
        }

        return state;
    }

    /// <summary>Fails unless the etag is empty or current. Call under the lock.</summary>
    public static void CheckEtag(ResourceState state, string etag)
    {
        if (etag.Length > 0 && !string.Equals(etag, state.Etag, StringComparison.Ordinal))
        {
            throw new ControlPlaneException(
                ControlPlaneError.EtagMismatch,
                $"\"{state.Name}\" has changed: its etag is {state.Etag}, the request expects {etag}; read it again",
                state.Name,
                metadata: new Dictionary<string,
                    string>(StringComparer.Ordinal)
                { ["current_etag"] = state.Etag, ["expected_etag"] = etag });
        }
    }

    /// <summary>The egress behind an attachment's name; null for none. Call under the lock.</summary>
    public Egress? ResolveEgress(string target)
    {
        if (target.Length == 0)
        {
            return null;
        }

        return ResourceName.Is(target, ResourceName.Delegates) ? Delegate(target).Egress : Proxy(target).DirectEgress;
    }

    public IEnumerable<string> UsersOfDelegate(string name) =>
        from device in Devices.Values where device.Spec.StreamDialer == name || device.Spec.PacketProxy == name select device.Name;

    public IEnumerable<string> UsersOfProxy(ProxyState proxy) =>
        (from d in Delegates.Values where d.Proxy == proxy select d.Name).Concat(UsersOfDelegate(proxy.Name));

    /// <summary>Takes a removed target away from every device that is attached to it. Call under the lock.</summary>
    public void DetachEverywhere(string target, DateTimeOffset now)
    {
        foreach (DeviceState state in Devices.Values)
        {
            bool streams = state.Spec.StreamDialer == target;
            bool packets = state.Spec.PacketProxy == target;
            if (!streams && !packets)
            {
                continue;
            }

            if (streams)
            {
                state.Spec = state.Spec with { StreamDialer = "" };
                state.Device?.StreamEgress = null;
            }

            if (packets)
            {
                state.Spec = state.Spec with { PacketProxy = "" };
                state.Device?.PacketEgress = null;
            }

            state.Commit(NextRevision(), now, wish: true);
        }
    }
}
