using System.Collections.Immutable;
using System.Globalization;
using NetControl.Protocol.V1;
using NetControl.Testing.Daemon;

namespace NetControl.EndToEnd.Tests.Crash;

/// <summary>What the server should hold, at one generation; or what it does hold.</summary>
internal sealed record ModelState
{
    public static readonly ModelState Empty = new();

    public long Revision { get; init; }

    public ImmutableSortedDictionary<string, ModelResource> Resources { get; init; } =
        ImmutableSortedDictionary.Create<string, ModelResource>(StringComparer.Ordinal);

    /// <summary>What an unconfirmed configuration is taken back to; null when nothing waits.</summary>
    public ModelState? Unconfirmed { get; init; }

    public IEnumerable<ModelResource> Proxies => Resources.Values.Where(r => r.IsProxy);

    public IEnumerable<ModelResource> Delegates => Resources.Values.Where(r => r.IsDelegate);

    public IEnumerable<ModelResource> Devices => Resources.Values.Where(r => r.IsDevice);

    /// <summary>Reads what the server holds.</summary>
    public static async Task<ModelState> ReadAsync(DaemonClient api)
    {
        GetConfigurationResponse configuration = await api.Configuration.GetConfigurationAsync(new GetConfigurationRequest());
        ListProxiesResponse proxies = await api.Proxies.ListProxiesAsync(new ListProxiesRequest { PageSize = 1000 });
        ListDelegatesResponse delegates = await api.Delegates.ListDelegatesAsync(new ListDelegatesRequest { PageSize = 1000 });
        ListDevicesResponse devices = await api.Devices.ListDevicesAsync(new ListDevicesRequest { PageSize = 1000 });
        Assert.All(devices.Devices, d => Assert.True(d.State != Device.Types.State.Failed, $"{d.Name} failed: {d.StateMessage}"));
        IEnumerable<ModelResource> all =
        [
            .. proxies.Proxies.Select(p => new ModelResource(p.Name) { Uid = p.Uid, Generation = p.Generation, Config = p.Config }),
            .. delegates.Delegates.Select(d => new ModelResource(d.Name) { Uid = d.Uid, Generation = d.Generation, Proxy = d.Proxy }),
            .. devices.Devices.Select(d => new ModelResource(d.Name)
            {
                Uid = d.Uid,
                Generation = d.Generation,
                Streams = d.StreamDialer,
                Packets = d.PacketProxy,
                Addresses = string.Join(' ', d.Addresses),
                Routes = string.Join(' ', d.Routes),
                Mtu = d.Mtu,
                Draining = d.State == Device.Types.State.Draining,
            }),
        ];
        return Empty with { Revision = configuration.Generation, Resources = Empty.Resources.AddRange(all.Select(r => KeyValuePair.Create(r.Name, r))) };
    }

    /// <summary>What is left of it after a restart: what nobody confirmed is taken back.</summary>
    public ModelState AfterRestart() => Unconfirmed is null ? this : TakenBack();

    /// <summary>The same with the unconfirmed configuration undone: who was changed is as before, in a new generation.</summary>
    public ModelState TakenBack()
    {
        ImmutableSortedDictionary<string, ModelResource> before = Unconfirmed!.Resources;
        ImmutableSortedDictionary<string, ModelResource> result = before;
        foreach ((string name, ModelResource old) in before)
        {
            ModelResource? now = Resources.GetValueOrDefault(name);
            if (now != old)
            {
                result = result.SetItem(name, old with { Generation = Math.Max(now?.Generation ?? 0, old.Generation) + 1 });
            }
        }

        return Empty with { Revision = Revision + 1, Resources = result };
    }

    /// <summary>What is different, in words; empty when nothing is. A uid that we do not know yet is no difference.</summary>
    public string Compare(ModelState actual)
    {
        List<string> differences = [];
        if (Revision != actual.Revision)
        {
            differences.Add($"generation {actual.Revision} instead of {Revision}");
        }

        foreach (string name in Resources.Keys.Union(actual.Resources.Keys, StringComparer.Ordinal))
        {
            ModelResource? expected = Resources.GetValueOrDefault(name);
            ModelResource? found = actual.Resources.GetValueOrDefault(name);
            if (expected is { Uid: "" } && found is not null)
            {
                expected = expected with { Uid = found.Uid };
            }

            if (expected != found)
            {
                differences.Add($"{name}: {found?.ToString() ?? "not there"}\n   instead of {expected?.ToString() ?? "nothing"}");
            }
        }

        return string.Join('\n', differences);
    }

    /// <summary>The same with the uids that the server has told.</summary>
    public ModelState Learn(IReadOnlyDictionary<string, string> uids)
    {
        ImmutableSortedDictionary<string, ModelResource> resources = Resources;
        foreach ((string name, string uid) in uids)
        {
            if (resources.TryGetValue(name, out ModelResource? known))
            {
                Assert.True(known.Uid.Length == 0 || known.Uid == uid, $"{name} has the uid {uid}, it was {known.Uid}");
                resources = resources.SetItem(name, known with { Uid = uid });
            }
        }

        return this with { Resources = resources };
    }

    public IReadOnlyDictionary<string, string> Uids() => Resources.ToDictionary(r => r.Key, r => r.Value.Uid, StringComparer.Ordinal);

    /// <summary>What the kernel must have for it, as <see cref="KernelView"/> tells it.</summary>
    public IEnumerable<string> KernelLines()
    {
        foreach (bool v6 in (bool[])[false, true])
        {
            string[] routed = [.. Devices.SelectMany(d => Split(d.Routes).Where(r => r.Contains(':') == v6).Select(r => $"route {r} dev {d.Id}"))];
            foreach (string route in routed)
            {
                yield return route;
            }

            if (routed.Length > 0)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"rule {(v6 ? "-6" : "-4")} 9000");
            }
        }

        foreach (ModelResource device in Devices)
        {
            foreach (string address in Split(device.Addresses))
            {
                yield return $"address {address} dev {device.Id}";
            }
        }
    }

    public static string[] Split(string list) => list.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
