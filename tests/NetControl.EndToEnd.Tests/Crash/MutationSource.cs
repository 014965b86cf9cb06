using Google.Protobuf.WellKnownTypes;
using NetControl.Protocol.V1;

namespace NetControl.EndToEnd.Tests.Crash;

/// <summary>An orchestrator's mind: the next thing to change, by chance, and what must be true afterwards.</summary>
/// <remarks><c>devices/tun0</c>, <c>delegates/egress</c> and the proxies a and b stay, so that there is always a way for traffic; egress is
/// swapped between the two. <c>devices/t2</c> is on a persistent interface that is there before.</remarks>
internal sealed class MutationSource
{
    public const string Adopted = "devices/t2";
    private static readonly string[] s_configs = ["", "socks5://10.99.0.2:1080", "socks5://10.99.0.2:1081", "socks5://u:p@10.99.0.2:1080"];
    private static readonly IReadOnlyDictionary<string, string> s_none = new Dictionary<string, string>(StringComparer.Ordinal);
    private readonly Random _random;
    private string _confirmation = "";

    public MutationSource(Random random)
    {
        _random = random;
    }

    /// <summary>The document that a test begins with.</summary>
    public static ModelResource[] First { get; } =
    [
        new("proxies/a"),
        new("proxies/b"),
        new("delegates/egress") { Proxy = "proxies/a" },
        new("devices/tun0")
        {
            Streams = "delegates/egress",
            Packets = "delegates/egress",
            Addresses = "10.77.0.1/24 fd77::1/64",
            Routes = "198.18.0.0/16 fd98::/64",
            Mtu = 1500,
        },
    ];

    public Mutation Start(ModelState state) => Apply(state, First, confirm: false);

    public Mutation Next(ModelState state)
    {
        if (state.Unconfirmed is not null)
        {
            return _random.Next(2) == 0 ? Confirm(state) : Revert(state);
        }

        while (true)
        {
            Mutation? next = _random.Next(18) switch
            {
                0 => CreateProxy(state, $"proxies/p{_random.Next(4)}"),
                1 => UpdateProxy(state, $"proxies/p{_random.Next(4)}"),
                2 => Delete(state, $"proxies/p{_random.Next(4)}"),
                3 => CreateDelegate(state, $"delegates/d{_random.Next(3)}"),
                4 or 5 => Swap(state, $"delegates/d{_random.Next(3)}", Any(state.Proxies).Name),
                6 => Swap(state, "delegates/egress", _random.Next(2) == 0 ? "proxies/a" : "proxies/b"),
                7 => Delete(state, $"delegates/d{_random.Next(3)}"),
                8 or 9 => CreateDevice(state, $"devices/t{_random.Next(3)}"),
                10 => Delete(state, $"devices/t{_random.Next(3)}"),
                11 => Attach(state, $"devices/t{_random.Next(3)}"),
                12 => Detach(state, $"devices/t{_random.Next(3)}"),
                13 or 14 => UpdateDevice(state, $"devices/t{_random.Next(3)}"),
                15 => Drain(state, $"devices/t{_random.Next(3)}"),
                16 => Apply(state, Document(state), confirm: false),
                _ => Apply(state, Document(state), confirm: true),
            };
            if (next is not null)
            {
                return next;
            }
        }
    }

    private static string NewId() => Guid.NewGuid().ToString();

    private static Dictionary<string, string> Uid(string name, string uid) => new(StringComparer.Ordinal) { [name] = uid };

    private static Proxy ToProxy(ModelResource r) => new() { Name = r.Name, Config = r.Config };

    private static Protocol.V1.Delegate ToDelegate(ModelResource r) => new() { Name = r.Name, Proxy = r.Proxy };

    private static Device ToDevice(ModelResource r) => new()
    {
        Name = r.Name,
        StreamDialer = r.Streams,
        PacketProxy = r.Packets,
        Mtu = r.Mtu,
        Addresses = { ModelState.Split(r.Addresses) },
        Routes = { ModelState.Split(r.Routes) },
    };

    private T Any<T>(IEnumerable<T> from)
    {
        T[] all = [.. from];
        return all[_random.Next(all.Length)];
    }

    private string AnyTarget(ModelState state) => Any(state.Proxies.Concat(state.Delegates)).Name;

    private ModelResource DeviceWish(ModelState state, string name)
    {
        int number = name[^1] - '0';
        string[] routes = [.. Enumerable.Range(0, 4).Where(_ => _random.Next(2) == 0).Select(i => $"198.51.100.{(number * 64) + (i * 16)}/28")];
        return new ModelResource(name)
        {
            Streams = AnyTarget(state),
            Packets = _random.Next(2) == 0 ? AnyTarget(state) : "",
            Addresses = $"10.8{number}.0.{_random.Next(1, 3)}/24" + (_random.Next(2) == 0 ? $" 10.9{number}.0.1/30" : ""),
            Routes = string.Join(' ', routes),
            Mtu = name == Adopted ? 0 : _random.Next(2) == 0 ? 1500u : 1400u,
        };
    }

    private Mutation? CreateProxy(ModelState state, string name)
    {
        if (state.Resources.ContainsKey(name))
        {
            return null;
        }

        ModelResource wish = new(name) { Config = Any(s_configs[..3]) };
        CreateProxyRequest request = new() { Proxy = ToProxy(wish), RequestId = NewId() };
        return new Mutation($"create {name} '{wish.Config}'", new ModelTransaction(state).Add(wish).Seal(),
            async api => Uid(name, (await api.Proxies.CreateProxyAsync(request)).Proxy.Uid));
    }

    private Mutation? UpdateProxy(ModelState state, string name)
    {
        if (!state.Resources.TryGetValue(name, out ModelResource? old))
        {
            return null;
        }

        ModelResource wish = old with { Config = Any(s_configs[..3]) };
        UpdateProxyRequest request = new() { Proxy = ToProxy(wish), UpdateMask = FieldMask.FromString("config"), RequestId = NewId() };
        return new Mutation($"update {name} '{wish.Config}'", new ModelTransaction(state).Change(wish).Seal(),
            async api => Uid(name, (await api.Proxies.UpdateProxyAsync(request)).Proxy.Uid));
    }

    private Mutation? CreateDelegate(ModelState state, string name)
    {
        if (state.Resources.ContainsKey(name))
        {
            return null;
        }

        ModelResource wish = new(name) { Proxy = Any(state.Proxies).Name };
        CreateDelegateRequest request = new() { Delegate = ToDelegate(wish), RequestId = NewId() };
        return new Mutation($"create {name} at {wish.Proxy}", new ModelTransaction(state).Add(wish).Seal(),
            async api => Uid(name, (await api.Delegates.CreateDelegateAsync(request)).Delegate.Uid));
    }

    private Mutation? Swap(ModelState state, string name, string proxy)
    {
        if (!state.Resources.TryGetValue(name, out ModelResource? old))
        {
            return null;
        }

        SwapDelegateRequest request = new() { Name = name, Proxy = proxy, RequestId = NewId() };
        request.Existing = Any((ExistingSessions[])[ExistingSessions.Keep, ExistingSessions.Close, ExistingSessions.Drain]);
        request.DrainTimeout = request.Existing == ExistingSessions.Drain ? Duration.FromTimeSpan(TimeSpan.FromSeconds(1)) : null;
        ModelState after = new ModelTransaction(state).Change(old with { Proxy = proxy }).Seal();
        return new Mutation($"swap {name} to {proxy}", after, async api =>
        {
            SwapDelegateResponse swap = await api.Delegates.SwapDelegateAsync(request);
            Assert.Equal(after.Resources[name].Generation, swap.Generation);
            return Uid(name, swap.Delegate.Uid);
        });
    }

    private Mutation? CreateDevice(ModelState state, string name)
    {
        if (state.Resources.ContainsKey(name))
        {
            return null;
        }

        ModelResource wish = DeviceWish(state, name);
        CreateDeviceRequest request = new() { Device = ToDevice(wish), RequestId = NewId() };
        return new Mutation($"create {wish}", new ModelTransaction(state).Add(wish).Seal(),
            async api => Uid(name, (await api.Devices.CreateDeviceAsync(request)).Device.Uid));
    }

    private Mutation? UpdateDevice(ModelState state, string name)
    {
        if (!state.Resources.TryGetValue(name, out ModelResource? old))
        {
            return null;
        }

        ModelResource random = DeviceWish(state, name);
        ModelResource wish = old with { Routes = random.Routes, Addresses = random.Addresses, Mtu = random.Mtu };
        UpdateDeviceRequest request = new()
        {
            Device = ToDevice(wish),
            UpdateMask = FieldMask.FromString("routes,addresses,mtu"),
            RequestId = NewId(),
        };
        return new Mutation($"update {wish}", new ModelTransaction(state).Change(wish).Seal(),
            async api => Uid(name, (await api.Devices.UpdateDeviceAsync(request)).Device.Uid));
    }

    private Mutation? Attach(ModelState state, string name)
    {
        if (!state.Resources.TryGetValue(name, out ModelResource? old))
        {
            return null;
        }

        string target = AnyTarget(state);
        AttachStreamDialerRequest request = new() { Name = name, StreamDialer = target, RequestId = NewId() };
        ModelTransaction next = new(state);
        return new Mutation($"attach {name} to {target}", (old.Streams == target ? next : next.Change(old with { Streams = target })).Seal(),
            async api => Uid(name, (await api.Devices.AttachStreamDialerAsync(request)).Device.Uid));
    }

    private Mutation? Detach(ModelState state, string name)
    {
        if (!state.Resources.TryGetValue(name, out ModelResource? old))
        {
            return null;
        }

        DetachPacketProxyRequest request = new() { Name = name, RequestId = NewId() };
        ModelTransaction next = new(state);
        return new Mutation($"detach {name}", (old.Packets.Length == 0 ? next : next.Change(old with { Packets = "" })).Seal(),
            async api => Uid(name, (await api.Devices.DetachPacketProxyAsync(request)).Device.Uid));
    }

    private Mutation? Drain(ModelState state, string name)
    {
        if (!state.Resources.TryGetValue(name, out ModelResource? old))
        {
            return null;
        }

        ModelState after = new ModelTransaction(state).Drain(name, !old.Draining).Seal();
        string id = NewId();
        return new Mutation($"{(old.Draining ? "resume" : "drain")} {name}", after, async api => Uid(name, old.Draining
            ? (await api.Devices.ResumeDeviceAsync(new ResumeDeviceRequest { Name = name, RequestId = id })).Device.Uid
            : (await api.Devices.DrainDeviceAsync(new DrainDeviceRequest { Name = name, RequestId = id })).Device.Uid));
    }

    private Mutation? Delete(ModelState state, string name)
    {
        if (!state.Resources.TryGetValue(name, out ModelResource? old))
        {
            return null;
        }

        string id = NewId();
        return new Mutation($"delete {name}", new ModelTransaction(state).Remove(name).Seal(), async api =>
        {
            if (old.IsProxy)
            {
                await api.Proxies.DeleteProxyAsync(new DeleteProxyRequest { Name = name, Force = true, RequestId = id });
            }
            else if (old.IsDelegate)
            {
                await api.Delegates.DeleteDelegateAsync(new DeleteDelegateRequest { Name = name, Force = true, RequestId = id });
            }
            else
            {
                await api.Devices.DeleteDeviceAsync(new DeleteDeviceRequest { Name = name, Force = true, RequestId = id });
            }

            return s_none;
        });
    }

    /// <summary>A document near the state: some resources are other than they are, some are new, some are left out.</summary>
    private ModelResource[] Document(ModelState state)
    {
        Dictionary<string, ModelResource> wish = state.Resources.Values.Select(r => r.ToWish()).ToDictionary(r => r.Name, StringComparer.Ordinal);
        for (int i = _random.Next(1, 5); i > 0; i--)
        {
            string name = Any(wish.Keys.Append($"devices/t{_random.Next(3)}").Append($"proxies/p{_random.Next(4)}"));
            if (First.Any(r => r.Name == name))
            {
                continue;
            }

            if (wish.TryGetValue(name, out ModelResource? old) && _random.Next(3) == 0)
            {
                wish.Remove(name);
            }
            else
            {
                ModelResource fresh = old ?? new ModelResource(name);
                wish[name] = fresh.IsProxy ? fresh with { Config = Any(s_configs[..3]) }
                    : fresh.IsDelegate ? fresh with { Proxy = Any(wish.Values.Where(r => r.IsProxy)).Name }
                    : DeviceWish(state, name);
            }
        }

        // What is gone, and what a forced removal left empty, is replaced: a document refers to nothing that it does not declare.
        string Known(string name, string otherwise) => name.Length == 0 || wish.ContainsKey(name) ? name : otherwise;
        return
        [
            .. wish.Values.Select(r => r.IsDelegate ? r with { Proxy = r.Proxy.Length == 0 ? "proxies/a" : Known(r.Proxy, "proxies/b") }
                : r.IsDevice ? r with { Streams = Known(r.Streams, ""), Packets = Known(r.Packets, "delegates/egress") }
                : r),
        ];
    }

    private Mutation Apply(ModelState state, ModelResource[] document, bool confirm)
    {
        ApplyConfigurationRequest request = new()
        {
            Prune = true,
            RequestId = NewId(),
            ConfirmTimeout = confirm ? Duration.FromTimeSpan(TimeSpan.FromMinutes(5)) : null,
            Configuration = new Configuration
            {
                Proxies = { document.Where(r => r.IsProxy).Select(ToProxy) },
                Delegates = { document.Where(r => r.IsDelegate).Select(ToDelegate) },
                Devices = { document.Where(r => r.IsDevice).Select(ToDevice) },
            },
        };
        ModelState after = new ModelTransaction(state).Apply(document).Seal();
        after = confirm && after.Revision != state.Revision ? after with { Unconfirmed = state } : after;
        return new Mutation($"apply {string.Join("; ", document.Select(r => r.ToString()))}", after, async api =>
        {
            ApplyConfigurationResponse response = await api.Configuration.ApplyConfigurationAsync(request);
            Assert.Equal(after.Revision, response.Generation);
            _confirmation = response.PendingConfirmation?.ConfirmationId ?? "";
            Assert.Equal(after.Unconfirmed is not null, _confirmation.Length > 0);
            return s_none;
        });
    }

    private Mutation Confirm(ModelState state)
    {
        ConfirmConfigurationRequest request = new() { ConfirmationId = _confirmation, RequestId = NewId() };
        return new Mutation("confirm", state with { Unconfirmed = null }, async api =>
        {
            await api.Configuration.ConfirmConfigurationAsync(request);
            return s_none;
        })
        { Settles = true };
    }

    private Mutation Revert(ModelState state)
    {
        RevertConfigurationRequest request = new() { ConfirmationId = _confirmation, RequestId = NewId() };
        return new Mutation("revert", state.TakenBack(), async api =>
        {
            await api.Configuration.RevertConfigurationAsync(request);
            return s_none;
        })
        { Settles = true };
    }
}
