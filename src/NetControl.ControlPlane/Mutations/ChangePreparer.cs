using NetControl.ControlPlane.Dialers;
using NetControl.ControlPlane.Engines;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.State;
using NetControl.ControlPlane.Storage;
using NetControl.Engine;
using NetControl.Engine.Devices;
using NetControl.Engine.Sessions;
using NetControl.Network;

namespace NetControl.ControlPlane.Mutations;

/// <summary>Does what is slow and may fail before a transaction is committed: dialers are built, interfaces opened.</summary>
/// <remarks>
/// What only adds comes first. A device whose addresses, routes, MTU, filtering or limits change takes them in place, and gives them back when
/// the transaction fails; its sessions live on. One whose interface, queues or offload change is closed and opened anew last, when all else
/// has succeeded; when that fails the old one is opened again.
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

    /// <summary>Whether the change ends the device's sessions: it asks for another interface, other queues or other offload.</summary>
    public static bool Reopens(DeviceRecord before, DeviceRecord after) =>
        before.Uid != after.Uid || !EngineDevice.CanUpdate(before.Spec.ToDeviceSpec(), after.Spec.ToDeviceSpec());

    public async Task<PreparedChange> PrepareAsync(ControlState before, ControlState after, IReadOnlyList<RecordChange> changes)
    {
        PreparedChange prepared = new();
        try
        {
            Guard(before.Guarded(), after.Guarded(), prepared);
            foreach (RecordChange change in changes)
            {
                if (change.After is ProxyRecord proxy && !ReferenceEquals((change.Before as ProxyRecord)?.Spec, proxy.Spec))
                {
                    prepared.Proxies.Add(proxy.Name, _dialers.Build(proxy.Spec, Meter(change)));
                }
            }

            await PrepareDevicesAsync([.. changes.Where(c => c.Before is DeviceRecord || c.After is DeviceRecord)], prepared);
            return prepared;
        }
        catch
        {
            await prepared.UndoAsync();
            throw;
        }
    }

    /// <summary>What is left when a transaction is in force: devices that go, and the kill switch where nobody wants it any more.</summary>
    public async Task FinishAsync(PreparedChange prepared)
    {
        foreach (IEngineDevice leaving in prepared.Leaving)
        {
            await leaving.CloseAsync(SessionCause.DeviceClosed);
        }

        if (prepared.Released.Count > 0)
        {
            _engine.Release(prepared.Released);
        }
    }

    // What is measured is the proxy's, whatever its settings; a new one under the same name begins anew.
    private ProxyMeter Meter(RecordChange change) =>
        (change.Before?.Uid == change.After!.Uid ? _runtimes.Proxy(change.Name)?.Meter : null) ?? _runtimes.NewMeter(change.Name);

    // The kill switch comes before what it guards may go away, and goes after everything else.
    private void Guard(IReadOnlySet<IpPrefix> before, IReadOnlySet<IpPrefix> after, PreparedChange prepared)
    {
        IpPrefix[] coming = [.. after.Except(before)];
        if (coming.Length > 0)
        {
            IReadOnlyList<IpPrefix> added;
            try
            {
                added = _engine.Guard(coming);
            }
            catch (EngineException e)
            {
                throw ControlPlaneException.From(e, "");
            }

            prepared.OnUndo(() =>
            {
                _engine.Release(added);
                return Task.CompletedTask;
            });
        }

        prepared.Released.AddRange(before.Except(after));
    }

    private async Task PrepareDevicesAsync(IReadOnlyList<RecordChange> changes, PreparedChange prepared)
    {
        DeviceRecord[] leaving = [.. changes.Where(c => c.After is null).Select(c => (DeviceRecord)c.Before!)];
        DeviceRecord[] coming = [.. changes.Where(c => c.Before is null).Select(c => (DeviceRecord)c.After!)];
        (DeviceRecord Before, DeviceRecord After)[] both =
        [
            .. changes.Where(c => c is { Before: not null, After: not null }).Select(c => ((DeviceRecord)c.Before!, (DeviceRecord)c.After!))
                .Where(pair => Wish(pair.Item1) != Wish(pair.Item2)),
        ];
        (DeviceRecord Before, DeviceRecord After)[] reopening =
            [.. both.Where(pair => Reopens(pair.Before, pair.After) || Open(pair.Before) is null)];
        (DeviceRecord Before, DeviceRecord After)[] updating = [.. both.Except(reopening)];

        // An interface's name, address or route may move from one device to another: those who give make room first.
        bool exchange = coming.Length + both.Length > 0 && leaving.Length + coming.Length + both.Length > 1;
        foreach (DeviceRecord gone in leaving)
        {
            if (Open(gone) is { } device)
            {
                if (exchange)
                {
                    await CloseAsync(gone, device, prepared);
                }
                else
                {
                    prepared.Leaving.Add(device);
                }
            }
        }

        if (exchange)
        {
            foreach ((DeviceRecord before, _) in reopening)
            {
                await CloseAsync(before, Open(before), prepared);
            }

            foreach ((DeviceRecord before, DeviceRecord after) in updating)
            {
                Update(before, before.Spec.ToDeviceSpec(), Common(before, after), prepared);
            }
        }

        foreach (DeviceRecord added in coming)
        {
            Open(added, prepared);
        }

        foreach ((DeviceRecord before, DeviceRecord after) in updating)
        {
            Update(before, exchange ? Common(before, after) : before.Spec.ToDeviceSpec(), after.Spec.ToDeviceSpec(), prepared);
        }

        foreach ((DeviceRecord before, DeviceRecord after) in reopening)
        {
            if (!exchange)
            {
                await CloseAsync(before, Open(before), prepared);
            }

            Open(after, prepared);
        }
    }

    /// <summary>What the device may keep while others make room.</summary>
    private static DeviceSpec Common(DeviceRecord before, DeviceRecord after)
    {
        DeviceSpec spec = before.Spec.ToDeviceSpec();
        return spec with
        {
            Addresses = [.. spec.Addresses.Intersect(after.Spec.Addresses)],
            Routes = [.. spec.Routes.Intersect(after.Spec.Routes)],
        };
    }

    private static string Wish(DeviceRecord record) => record.Uid + RecordCodec.Text(Detached(record));

    private static Specs.DeviceDraft Detached(DeviceRecord record) =>
        record.Draft with { StreamDialer = "", PacketProxy = "", Policy = "", AcceptImmediately = false, KillSwitch = false };

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

    private IEngineDevice? Open(DeviceRecord record) => _runtimes.Device(record.Name)?.Device;

    private void Update(DeviceRecord record, DeviceSpec from, DeviceSpec to, PreparedChange prepared)
    {
        IEngineDevice device = Open(record)!;
        try
        {
            device.Update(to);
        }
        catch (EngineException e)
        {
            throw ControlPlaneException.From(e, record.Name);
        }

        prepared.OnUndo(async () =>
        {
            try
            {
                device.Update(from);
            }
            catch (EngineException)
            {
                // The kernel gave away meanwhile what it had: then as after any other failure, anew or not at all.
                await device.CloseAsync(SessionCause.DeviceClosed);
                Reopen(record);
            }
        });
    }

    private async Task CloseAsync(DeviceRecord record, IEngineDevice? device, PreparedChange prepared)
    {
        if (device is null)
        {
            return;
        }

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
