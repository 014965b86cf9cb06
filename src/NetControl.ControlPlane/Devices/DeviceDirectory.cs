using Microsoft.Extensions.Logging;
using NetControl.ControlPlane.Engines;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Registry;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Validation;
using NetControl.Engine;
using NetControl.Engine.Sessions;

namespace NetControl.ControlPlane.Devices;

/// <summary>The verbs of devices and their attachments.</summary>
/// <remarks>
/// Thread rule: any thread. The kernel is asked outside the registry's lock; meanwhile the name is taken by a state without a device, which
/// every other verb refuses to touch.
/// </remarks>
public sealed partial class DeviceDirectory
{
    private readonly ResourceRegistry _registry;
    private readonly IEngine _engine;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    internal DeviceDirectory(ResourceRegistry registry, IEngine engine, TimeProvider time, ILogger logger)
    {
        _registry = registry;
        _engine = engine;
        _time = time;
        _logger = logger;
    }

    /// <summary>Makes a device: 1. check and take the name, 2. open the interface, 3. attach and commit; or undo.</summary>
    public DeviceView Create(DeviceDraft draft, string prefix, bool validateOnly)
    {
        ViolationList violations = new();
        TunSpec? spec = DeviceValidator.Validate(draft, prefix, FieldNaming.Proto, violations);
        DeviceState? state = null;
        lock (_registry.Gate)
        {
            _registry.EnsureRunning();
            if (spec is not null)
            {
                state = Reserve(spec, prefix, violations, validateOnly);
            }
        }

        violations.ThrowIfAny(draft.Name);
        if (validateOnly)
        {
            return View(state!);
        }

        IEngineDevice device;
        try
        {
            device = _engine.OpenDevice(spec!.ToDeviceSpec());
        }
        catch (Exception e)
        {
            lock (_registry.Gate)
            {
                _registry.Devices.Remove(spec!.Name);
                _registry.NextRevision();
            }

            throw e is EngineException refused ? ControlPlaneException.From(refused, spec.Name) : e;
        }

        lock (_registry.Gate)
        {
            // What it attaches to may have been removed by force meanwhile; DetachEverywhere has then emptied the names in Spec.
            device.AcceptImmediately = state!.Spec.AcceptImmediately;
            device.StreamEgress = _registry.ResolveEgress(state.Spec.StreamDialer);
            device.PacketEgress = _registry.ResolveEgress(state.Spec.PacketProxy);
            state.Device = device;
            state.Commit(_registry.NextRevision());
            LogCreated(spec.Name, device.Status.InterfaceName, device.Status.Adopted);
            return View(state);
        }
    }

    /// <summary>Reads one device.</summary>
    public DeviceView Get(string name)
    {
        lock (_registry.Gate)
        {
            return View(_registry.Device(name));
        }
    }

    /// <summary>Reads a page of devices.</summary>
    public Page<DeviceView> List(int pageSize, string pageToken)
    {
        lock (_registry.Gate)
        {
            return Paging.ByName(ResourceName.Devices, _registry.Devices.Values, pageSize, pageToken, View);
        }
    }

    /// <summary>Reads all devices.</summary>
    public IReadOnlyList<DeviceView> All()
    {
        lock (_registry.Gate)
        {
            return [.. _registry.Devices.Values.Select(View)];
        }
    }

    /// <summary>Removes a device; with force also one that has live sessions.</summary>
    public async Task DeleteAsync(string name, string etag, bool force, bool validateOnly, CancellationToken cancellationToken)
    {
        lock (_registry.Gate)
        {
            _registry.EnsureRunning();
            ResourceRegistry.CheckEtag(_registry.OpenDevice(name), etag);
        }

        if (!force)
        {
            int live = (await _engine.ListSessionsAsync((in SessionInfo s) => string.Equals(s.Device, name, StringComparison.Ordinal),
                cancellationToken)).Count;
            if (live > 0)
            {
                throw new ControlPlaneException(ControlPlaneError.ResourceInUse,
                    $"\"{name}\" has {live} live sessions; close them, or set force", name);
            }
        }

        if (validateOnly)
        {
            return;
        }

        DeviceState state;
        lock (_registry.Gate)
        {
            state = _registry.OpenDevice(name);
            ResourceRegistry.CheckEtag(state, etag);
            state.Closing = true;
            state.Commit(_registry.NextRevision(), _time.GetUtcNow(), wish: false);
        }

        await CloseAsync(state, SessionCause.DeviceClosed);
        LogDeleted(name);
    }

    /// <summary>Says where new TCP sessions go, and when a SYN is answered; null leaves that as it is.</summary>
    public DeviceView AttachStreamDialer(string name, string target, bool? acceptImmediately, string etag, bool validateOnly)
    {
        Validate(name, target, "stream_dialer");
        return Attach(name, etag, validateOnly, spec =>
            spec with { StreamDialer = target, AcceptImmediately = acceptImmediately ?? spec.AcceptImmediately });
    }

    /// <summary>Says where new UDP sessions go.</summary>
    public DeviceView AttachPacketProxy(string name, string target, string etag, bool validateOnly)
    {
        Validate(name, target, "packet_proxy");
        return Attach(name, etag, validateOnly, spec => spec with { PacketProxy = target });
    }

    /// <summary>New TCP sessions are rejected from now on.</summary>
    public DeviceView DetachStreamDialer(string name, string etag, bool validateOnly) =>
        Attach(name, etag, validateOnly, spec => spec with { StreamDialer = "" });

    /// <summary>New UDP sessions are rejected from now on.</summary>
    public DeviceView DetachPacketProxy(string name, string etag, bool validateOnly) =>
        Attach(name, etag, validateOnly, spec => spec with { PacketProxy = "" });

    /// <summary>Closes every device at the end of the process.</summary>
    internal async Task CloseAllAsync()
    {
        List<DeviceState> open;
        lock (_registry.Gate)
        {
            open = [.. _registry.Devices.Values.Where(state => state.Device is not null && !state.Closing)];
            foreach (DeviceState state in open)
            {
                state.Closing = true;
            }
        }

        await Task.WhenAll(open.Select(state => CloseAsync(state, SessionCause.Shutdown)));
    }

    private async Task CloseAsync(DeviceState state, SessionCause cause)
    {
        try
        {
            await state.Device!.CloseAsync(cause);
        }
        finally
        {
            lock (_registry.Gate)
            {
                _registry.Devices.Remove(state.Name);
                _registry.NextRevision();
            }
        }
    }

    private DeviceState Reserve(TunSpec spec, string prefix, ViolationList violations, bool validateOnly)
    {
        if (_registry.Devices.ContainsKey(spec.Name))
        {
            throw new ControlPlaneException(ControlPlaneError.AlreadyExists, $"\"{spec.Name}\" exists already", spec.Name);
        }

        foreach (DeviceState other in _registry.Devices.Values)
        {
            DeviceConflicts.Check(spec, other.Spec, prefix, violations);
        }

        _registry.ResolveEgress(spec.StreamDialer);
        _registry.ResolveEgress(spec.PacketProxy);
        DeviceState state = new(spec, _time.GetUtcNow());
        if (!validateOnly && violations.Items.Count == 0)
        {
            _registry.Devices.Add(spec.Name, state);
            state.Commit(_registry.NextRevision());
        }

        return state;
    }

    private static void Validate(string name, string target, string field)
    {
        ViolationList violations = new();
        NameValidator.Check(name, ResourceName.Devices, "name", violations);
        NameValidator.CheckRequired(target, field, violations);
        violations.ThrowIfAny(name);
    }

    private DeviceView Attach(string name, string etag, bool validateOnly, Func<TunSpec, TunSpec> change)
    {
        lock (_registry.Gate)
        {
            _registry.EnsureRunning();
            DeviceState state = _registry.OpenDevice(name);
            ResourceRegistry.CheckEtag(state, etag);
            TunSpec spec = change(state.Spec);
            Egress? streams = _registry.ResolveEgress(spec.StreamDialer);
            Egress? packets = _registry.ResolveEgress(spec.PacketProxy);
            if (!validateOnly && spec != state.Spec)
            {
                state.Spec = spec;
                state.Device!.AcceptImmediately = spec.AcceptImmediately;
                state.Device.StreamEgress = streams;
                state.Device.PacketEgress = packets;
                state.Commit(_registry.NextRevision(), _time.GetUtcNow(), wish: true);
                LogAttached(name, spec.StreamDialer, spec.PacketProxy);
            }

            return View(state);
        }
    }

    private DeviceView View(DeviceState state)
    {
        DevicePhase phase = state.Closing ? DevicePhase.Closing
            : state.Device is null ? DevicePhase.Starting
            : Usable(state.Device.StreamEgress?.Current.StreamDialer) || Usable(state.Device.PacketEgress?.Current.PacketProxy)
                ? DevicePhase.Ready
            : DevicePhase.Blocked;
        return new DeviceView(state.Meta, state.Spec, phase, state.Device?.Status);
    }

    private static bool Usable(object? way) => way is not null;

    [LoggerMessage(Level = LogLevel.Information, Message = "created {Name}: interface {Interface}, adopted: {Adopted}")]
    private partial void LogCreated(string name, string @interface, bool adopted);

    [LoggerMessage(Level = LogLevel.Information, Message = "attached {Name}: streams to '{StreamDialer}', packets to '{PacketProxy}'")]
    private partial void LogAttached(string name, string streamDialer, string packetProxy);

    [LoggerMessage(Level = LogLevel.Information, Message = "deleted {Name}")]
    private partial void LogDeleted(string name);
}
