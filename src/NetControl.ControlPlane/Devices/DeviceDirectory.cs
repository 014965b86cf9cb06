using Microsoft.Extensions.Logging;
using NetControl.ControlPlane.Engines;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Registry;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.State;
using NetControl.ControlPlane.Validation;
using NetControl.Engine.Sessions;

namespace NetControl.ControlPlane.Devices;

/// <summary>The verbs of devices and their attachments.</summary>
/// <remarks>Thread rule: any thread. When a verb throws, nothing has happened.</remarks>
public sealed partial class DeviceDirectory : ResourceDirectory<DeviceView>
{
    private static readonly TimeSpan s_longestDrain = TimeSpan.FromHours(24);
    private readonly Runtimes _runtimes;
    private readonly IEngine _engine;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationToken _stopping;

    internal DeviceDirectory(Mutator mutator, Runtimes runtimes, IEngine engine, TimeProvider time, ILogger logger,
        CancellationToken stopping)
        : base(DeviceList.Schema, mutator, logger)
    {
        _runtimes = runtimes;
        _engine = engine;
        _time = time;
        _logger = logger;
        _stopping = stopping;
    }

    /// <summary>Gets each drain's deadline that is over. Set once, before anything is drained.</summary>
    internal Action<SystemMutation>? OnDrained { get; set; }

    /// <summary>Makes a device, and its interface.</summary>
    public Task<DeviceView> CreateAsync(DeviceDraft draft, string prefix, MutationContext mutation) =>
        CreateAsync(draft.Name, mutation, next => next.Add(draft, Validate(next.State, draft, prefix)),
            view => LogCreated(draft.Name, view.Status!.InterfaceName, view.Status.Adopted));

    /// <summary>Changes a device in place, for new sessions; but another interface, other queues or other offload open it anew, which ends its
    /// sessions and asks for force where there are any.</summary>
    /// <param name="name">The device.</param>
    /// <param name="patch">Makes the new draft from the one in force.</param>
    /// <param name="etag">If not empty, must be current.</param>
    /// <param name="force">Whether sessions may end.</param>
    /// <param name="mutation">What came with the request.</param>
    public async Task<DeviceView> UpdateAsync(string name, Func<DeviceDraft, DeviceDraft> patch, string etag, bool force,
        MutationContext mutation)
    {
        int live = force ? 0 : await CountAsync(name);
        return await ChangeAsync(name, etag, mutation, next =>
        {
            DeviceRecord record = next.State.Device(name);
            DeviceDraft draft = patch(record.Draft);
            next.Change(name, draft, Validate(next.State, draft, "device."));
            if (live > 0 && ChangePreparer.Reopens(record, next.State.Device(name)))
            {
                throw ControlPlaneException.InUse(name, $"has {live} live sessions, which this change ends; close them");
            }
        }, _ => LogUpdated(name));
    }

    /// <summary>Removes a device; with force also one that has live sessions.</summary>
    public async Task<Deleted> DeleteAsync(string name, string etag, bool force, MutationContext mutation)
    {
        int live = force ? 0 : await CountAsync(name);
        return await RemoveAsync(name, etag, mutation, _ =>
        {
            if (live > 0)
            {
                throw ControlPlaneException.InUse(name, $"has {live} live sessions; close them");
            }
        });
    }

    /// <summary>Rejects new sessions from now on, whatever is attached, and ends the others at a deadline.</summary>
    /// <param name="name">The device.</param>
    /// <param name="timeout">How long sessions may go on; null for as long as they last.</param>
    /// <param name="etag">If not empty, must be current.</param>
    /// <param name="mutation">What came with the request.</param>
    public async Task<DrainResult> DrainAsync(string name, TimeSpan? timeout, string etag, MutationContext mutation)
    {
        CheckDrainTimeout(timeout, name);
        object drain = new();
        DrainResult result = await Mutator.RunAsync<DrainResult>(
            mutation,
            next =>
            {
                next.State.Device(name).CheckEtag(etag);
                next.Drain(name, draining: true);
            },
            async (_, outlook) =>
            {
                long live = await CountAsync(name);
                return outlook.Read(read => new DrainResult(read.Device(name), live));
            },
            settled: () => Mutator.Note(name, () => _runtimes.Device(name)?.Drain = drain)); // before another drain's deadline can count
        if (!mutation.ValidateOnly)
        {
            LogDraining(name, result.Sessions);
            if (timeout is { } limit)
            {
                _ = CloseLaterAsync(name, drain, limit);
            }
        }

        return result;
    }

    /// <summary>Ends a drain: new sessions go where the device is attached to. A deadline that still runs is forgotten.</summary>
    public Task<DeviceView> ResumeAsync(string name, string etag, MutationContext mutation) =>
        ChangeAsync(name, etag, mutation, next => next.Drain(name, draining: false), _ => LogResumed(name));

    /// <summary>Says where new TCP sessions go, and when a SYN is answered; null leaves that as it is.</summary>
    public Task<DeviceView> AttachStreamDialerAsync(string name, string target, bool? acceptImmediately, string etag,
        MutationContext mutation)
    {
        Validate(name, target, "stream_dialer");
        return AttachAsync(name, etag, mutation, draft =>
            draft with { StreamDialer = target, AcceptImmediately = acceptImmediately ?? draft.AcceptImmediately });
    }

    /// <summary>Says where new UDP sessions go.</summary>
    public Task<DeviceView> AttachPacketProxyAsync(string name, string target, string etag, MutationContext mutation)
    {
        Validate(name, target, "packet_proxy");
        return AttachAsync(name, etag, mutation, draft => draft with { PacketProxy = target });
    }

    /// <summary>New TCP sessions are rejected from now on.</summary>
    public Task<DeviceView> DetachStreamDialerAsync(string name, string etag, MutationContext mutation) =>
        AttachAsync(name, etag, mutation, draft => draft with { StreamDialer = "" });

    /// <summary>New UDP sessions are rejected from now on.</summary>
    public Task<DeviceView> DetachPacketProxyAsync(string name, string etag, MutationContext mutation) =>
        AttachAsync(name, etag, mutation, draft => draft with { PacketProxy = "" });

    /// <summary>The process is about to end: every device rejects new sessions, and says that it drains. What was wished stays wished.</summary>
    internal void BeginEnd()
    {
        foreach (DeviceRecord record in Mutator.State.Devices.Values)
        {
            Mutator.Note(record.Name, () =>
            {
                if (_runtimes.Device(record.Name) is { } slot)
                {
                    slot.Ending = true;
                    _runtimes.Attach(record);
                }
            });
        }
    }

    /// <summary>Closes every device at the end of the process; what was wished stays wished.</summary>
    internal async Task CloseAllAsync()
    {
        List<IEngineDevice> open = [];
        Mutator.Note("", () =>
        {
            foreach (DeviceSlot slot in _runtimes.Devices.Values.Where(slot => !slot.Closing))
            {
                slot.Closing = true;
                if (slot.Device is { } device)
                {
                    open.Add(device);
                }
            }
        });
        await Task.WhenAll(open.Select(device => device.CloseAsync(SessionCause.Shutdown)));
    }

    private protected override IEnumerable<ResourceRecord> Records(ControlState state) => state.Devices.Values;

    private protected override ResourceRecord Find(ControlState state, string name) => state.Device(name);

    private static TunSpec Validate(ControlState state, DeviceDraft draft, string prefix) =>
        ViolationList.Validated(draft.Name, violations =>
        {
            TunSpec? spec = DeviceValidator.Validate(draft, prefix, FieldNaming.Proto, violations);
            if (spec is not null)
            {
                foreach (DeviceRecord other in state.Devices.Values.Where(other => other.Name != draft.Name))
                {
                    DeviceConflicts.Check(spec, other.Spec, prefix, violations);
                }
            }

            return spec;
        });

    private static void Validate(string name, string target, string field)
    {
        ViolationList violations = new();
        NameValidator.Check(name, ResourceName.Devices, "name", violations);
        NameValidator.CheckRequired(target, field, violations);
        violations.ThrowIfAny(name);
    }

    private Task<DeviceView> AttachAsync(string name, string etag, MutationContext mutation, Func<DeviceDraft, DeviceDraft> change) =>
        ChangeAsync(name, etag, mutation, next =>
        {
            DeviceRecord record = next.State.Device(name);
            DeviceDraft draft = change(record.Draft);
            if (draft != record.Draft)
            {
                next.Change(name, draft, record.Spec with
                {
                    StreamDialer = draft.StreamDialer,
                    PacketProxy = draft.PacketProxy,
                    AcceptImmediately = draft.AcceptImmediately,
                });
            }
        }, view => LogAttached(name, view.Spec.StreamDialer, view.Spec.PacketProxy));

    private static void CheckDrainTimeout(TimeSpan? timeout, string name)
    {
        if (timeout is { } t && (t < TimeSpan.Zero || t > s_longestDrain))
        {
            throw ControlPlaneException.Invalid(new Violation("timeout", DurationText.Of(t), "is out of range",
                "write 0s to 86400s, or leave it out for no deadline", "OUT_OF_RANGE"), name);
        }
    }

    private async Task CloseLaterAsync(string name, object drain, TimeSpan timeout)
    {
        try
        {
            await Task.Delay(timeout, _time, _stopping);

            // Resumed, drained anew with another deadline, or removed: this deadline is nobody's any more.
            if (Mutator.State.Devices.GetValueOrDefault(name) is { Draining: true } && _runtimes.Device(name)?.Drain == drain)
            {
                int closed = await _engine.CloseSessionsAsync(
                    (in SessionInfo s) => string.Equals(s.Device, name, StringComparison.Ordinal), SessionCause.Drained, _stopping);
                LogDrained(name, closed);
                TellDrained(name, closed, null);
            }
        }
        catch (OperationCanceledException)
        {
            // The process ends, and its sessions with it.
        }
        catch (Exception e)
        {
            LogNotDrained(e, name);
            TellDrained(name, 0, new ControlPlaneException(
                ControlPlaneError.Internal, "the sessions could not be closed; the server's log says why", name));
        }
    }

    // The device is as it was, and drains on: only its sessions are gone.
    private void TellDrained(string name, int closed, ControlPlaneException? fault) => OnDrained?.Invoke(new SystemMutation(
        SystemCause.DrainDeadline, $"{name}: the deadline of its drain is over; {closed} sessions were closed", [], fault));

    [LoggerMessage(Level = LogLevel.Error, Message = "{Name}: its sessions could not be closed at the deadline")]
    private partial void LogNotDrained(Exception e, string name);

    private async Task<int> CountAsync(string name) => (await _engine.ListSessionsAsync(
        (in SessionInfo s) => string.Equals(s.Device, name, StringComparison.Ordinal), CancellationToken.None)).Count;

    [LoggerMessage(Level = LogLevel.Information, Message = "created {Name}: interface {Interface}, adopted: {Adopted}")]
    private partial void LogCreated(string name, string @interface, bool adopted);

    [LoggerMessage(Level = LogLevel.Information, Message = "attached {Name}: streams to '{StreamDialer}', packets to '{PacketProxy}'")]
    private partial void LogAttached(string name, string streamDialer, string packetProxy);

    [LoggerMessage(Level = LogLevel.Information, Message = "draining {Name}: {Sessions} sessions go on")]
    private partial void LogDraining(string name, long sessions);

    [LoggerMessage(Level = LogLevel.Information, Message = "drained {Name}: closed {Closed} sessions at the deadline")]
    private partial void LogDrained(string name, int closed);

    [LoggerMessage(Level = LogLevel.Information, Message = "resumed {Name}")]
    private partial void LogResumed(string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "updated {Name}")]
    private partial void LogUpdated(string name);
}
