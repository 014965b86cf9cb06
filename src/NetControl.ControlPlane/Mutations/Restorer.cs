using Microsoft.Extensions.Logging;
using NetControl.ControlPlane.Dialers;
using NetControl.ControlPlane.Engines;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.State;
using NetControl.ControlPlane.Validation;
using NetControl.Engine;
using NetControl.Engine.Devices;

namespace NetControl.ControlPlane.Mutations;

/// <summary>Brings what was wished before a restart back to life.</summary>
/// <remarks>A device that cannot be opened does not keep the others from serving: it is told as failed, and tried again until it opens,
/// with growing pauses.</remarks>
internal sealed partial class Restorer
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_agentPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(30);
    private readonly Mutator _mutator;
    private readonly Runtimes _runtimes;
    private readonly DialerFactory _dialers;
    private readonly IEngine _engine;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationToken _stopping;

    public Restorer(Mutator mutator, Runtimes runtimes, DialerFactory dialers, IEngine engine, TimeProvider time, ILogger logger,
        CancellationToken stopping)
    {
        _mutator = mutator;
        _runtimes = runtimes;
        _dialers = dialers;
        _engine = engine;
        _time = time;
        _logger = logger;
        _stopping = stopping;
    }

    /// <summary>Gets each device that opens late.</summary>
    public Action<SystemMutation>? OnReopened { get; set; }

    public void Restore(ControlState state, DesiredState expected)
    {
        Guard(state);
        _engine.RemoveLeftovers([.. state.Devices.Values.Select(d => d.Spec.ToDeviceSpec()), .. Specs(expected)]);
        PreparedChange prepared = new();
        foreach (ProxyRecord proxy in state.Proxies.Values)
        {
            prepared.Proxies.Add(proxy.Name, _dialers.Build(proxy.Spec, _runtimes.NewMeter(proxy.Name)));
        }

        foreach (DeviceRecord device in state.Devices.Values)
        {
            prepared.Devices.Add(device.Name, TryOpen(device));
        }

        _mutator.Restore(state, prepared);
        foreach (DeviceRecord device in state.Devices.Values.Where(d => prepared.Devices[d.Name].Device is null))
        {
            _ = ReopenAsync(device.Name);
        }
    }

    private static IEnumerable<DeviceSpec> Specs(DesiredState expected) =>
        from draft in expected.Devices
        let spec = DeviceValidator.Validate(draft, "", FieldNaming.Json, new ViolationList())
        where spec is not null
        select spec.ToDeviceSpec();

    // Before anything else: between the predecessor's end and the first open device nothing may pass.
    private void Guard(ControlState state)
    {
        try
        {
            _engine.Guard(state.Guarded());
        }
        catch (EngineException e)
        {
            _runtimes.GuardFault = e.Message;
            LogNotGuarded(e.Message);
        }
    }

    private DeviceSlot TryOpen(DeviceRecord record)
    {
        try
        {
            IEngineDevice device = _engine.OpenDevice(record.Spec.ToDeviceSpec());
            LogRestored(record.Name, device.Status.InterfaceName, device.Status.Adopted);
            return new DeviceSlot { Device = device };
        }
        catch (EngineException e)
        {
            LogFailed(record.Name, e.Message);
            return new DeviceSlot { Fault = ControlPlaneException.From(e, record.Name) };
        }
    }

    private async Task ReopenAsync(string name)
    {
        try
        {
            for (TimeSpan pause = s_firstPause; ; pause = Next(name, pause))
            {
                await Task.Delay(pause, _time, _stopping);
                bool done = true;
                await _mutator.BetweenChangesAsync(() =>
                {
                    done = Retry(name);
                    return Task.CompletedTask;
                });
                if (done)
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The process ends.
        }
    }

    // An agent that was away has an interface ready as soon as it is back; what else keeps a device from opening takes its time.
    private TimeSpan Next(string name, TimeSpan pause)
    {
        TimeSpan longest = _runtimes.Device(name)?.Fault?.Error == ControlPlaneError.DescriptorMissing ? s_agentPause : s_longestPause;
        return pause * 2 < longest ? pause * 2 : longest;
    }

    // Removed, changed or opened meanwhile: nothing is left to do here.
    private bool Retry(string name)
    {
        if (_stopping.IsCancellationRequested
            || _mutator.State.Devices.GetValueOrDefault(name) is not { } record
            || _runtimes.Device(name) is not { Fault: not null })
        {
            return true;
        }

        DeviceSlot slot = TryOpen(record);
        IReadOnlyList<ResourceChange> changes = _mutator.Note(name, () => _runtimes.Restore(record, slot));
        if (slot.Device is not null)
        {
            OnReopened?.Invoke(new SystemMutation(SystemCause.DeviceReopened, "the device could not be opened before, and was tried again",
                changes));
        }

        return slot.Device is not null;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "restored {Name}: interface {Interface}, adopted: {Adopted}")]
    private partial void LogRestored(string name, string @interface, bool adopted);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Error}")]
    private partial void LogNotGuarded(string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "cannot open {Name}, trying again: {Error}")]
    private partial void LogFailed(string name, string error);
}
