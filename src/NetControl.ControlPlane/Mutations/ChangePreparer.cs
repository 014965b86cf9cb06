using NetControl.ControlPlane.Dialers;
using NetControl.ControlPlane.Engines;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.State;
using NetControl.ControlPlane.Storage;
using NetControl.Engine;
using NetControl.Engine.Sessions;

namespace NetControl.ControlPlane.Mutations;

/// <summary>Does what is slow and may fail before a transaction is committed: dialers are built, interfaces opened.</summary>
/// <remarks>
/// What only adds comes first. A device whose interface must change is closed and opened anew last, when all else has succeeded; when that
/// fails the old one is opened again.
/// </remarks>
internal sealed class ChangePreparer
{
    private readonly DialerFactory _dialers;
    private readonly IEngine _engine;
    private readonly Runtimes _runtimes;

    public ChangePreparer(DialerFactory dialers, IEngine engine, Runtimes runtimes)
    {
        _dialers = dialers;
        _engine = engine;
        _runtimes = runtimes;
    }

    /// <summary>Whether the change asks for another interface, and not only for other attachments.</summary>
    public static bool Reopens(DeviceRecord before, DeviceRecord after) =>
        before.Uid != after.Uid || RecordCodec.Text(Detached(before)) != RecordCodec.Text(Detached(after));

    public async Task<PreparedChange> PrepareAsync(IReadOnlyList<RecordChange> changes)
    {
        PreparedChange prepared = new();
        try
        {
            foreach (RecordChange change in changes)
            {
                if (change.After is ProxyRecord proxy && !ReferenceEquals((change.Before as ProxyRecord)?.Spec, proxy.Spec))
                {
                    prepared.Proxies.Add(proxy.Name, _dialers.Build(proxy.Spec));
                }
            }

            // An interface's name, address or route may move from a device that goes to one that comes: those that go make room first.
            bool exchange = changes.Any(c => c.Before is DeviceRecord && c.After is null) && changes.Any(c => c is { Before: null, After: DeviceRecord });
            foreach (RecordChange change in changes)
            {
                if (change is { Before: DeviceRecord gone, After: null } && _runtimes.Device(gone.Name)?.Device is { } leaving)
                {
                    if (exchange)
                    {
                        await CloseAsync(gone, leaving, prepared);
                    }
                    else
                    {
                        prepared.Leaving.Add(leaving);
                    }
                }
            }

            foreach (RecordChange change in changes)
            {
                if (change is { Before: null, After: DeviceRecord added })
                {
                    Open(added, prepared);
                }
            }

            foreach (RecordChange change in changes)
            {
                if (change is { Before: DeviceRecord before, After: DeviceRecord after } && Reopens(before, after))
                {
                    if (_runtimes.Device(before.Name)?.Device is { } old)
                    {
                        await CloseAsync(before, old, prepared);
                    }

                    Open(after, prepared);
                }
            }

            return prepared;
        }
        catch
        {
            await prepared.UndoAsync();
            throw;
        }
    }

    private static Specs.DeviceDraft Detached(DeviceRecord record) =>
        record.Draft with { StreamDialer = "", PacketProxy = "", Policy = "", AcceptImmediately = false };

    private void Open(DeviceRecord record, PreparedChange prepared)
    {
        try
        {
            IEngineDevice device = _engine.OpenDevice(record.Spec.ToDeviceSpec());
            prepared.Devices.Add(record.Name, new DeviceSlot { Device = device });
            prepared.OnUndo(() => device.CloseAsync(SessionCause.DeviceClosed));
        }
        catch (EngineException e)
        {
            throw ControlPlaneException.From(e, record.Name);
        }
    }

    private async Task CloseAsync(DeviceRecord record, IEngineDevice device, PreparedChange prepared)
    {
        await device.CloseAsync(SessionCause.DeviceClosed);
        prepared.OnUndo(() =>
        {
            Reopen(record);
            return Task.CompletedTask;
        });
    }

    private void Reopen(DeviceRecord record)
    {
        DeviceSlot slot = new();
        try
        {
            slot.Device = _engine.OpenDevice(record.Spec.ToDeviceSpec());
        }
        catch (EngineException e)
        {
            slot.Fault = ControlPlaneException.From(e, record.Name);
        }

        lock (_runtimes.Gate)
        {
            _runtimes.Restore(record, slot);
        }
    }
}
