using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NetControl.Protocol.V1;

namespace NetControl.Server.Tests.Model;

/// <summary>One caller's mind: the next request, by chance, from what it has seen so far, which may be long out of date.</summary>
internal sealed class AskSource
{
    private static readonly string[] s_configs = ["", "socks5://127.0.0.1:1", "socks5://127.0.0.1:2"];
    private readonly Random _random;
    private readonly Dictionary<string, string> _etags = new(StringComparer.Ordinal);
    private GetConfigurationResponse _configuration = new() { Configuration = new Protocol.V1.Configuration() };

    public AskSource(Random random)
    {
        _random = random;
    }

    /// <summary>Remembers what an answer told.</summary>
    public void See(object answer)
    {
        if (answer is GetConfigurationResponse configuration)
        {
            _configuration = configuration;
        }
        else if (answer is Google.Protobuf.IMessage message && Item.OfAnswer(message) is { } item)
        {
            _etags[item.Name] = item.Etag;
        }
    }

    public Ask Next() => _random.Next(32) switch
    {
        0 or 1 => CreateProxy(Proxy(), Any(s_configs)),
        2 or 3 => UpdateProxy(Proxy(), Any(s_configs)),
        4 => DeleteProxy(Proxy()),
        5 or 6 => CreateDelegate(Delegate(), Proxy()),
        7 or 8 or 9 or 10 => Swap(Delegate(), Proxy()),
        11 => DeleteDelegate(Delegate()),
        12 => CreatePolicy(Policy(), Target()),
        13 => UpdatePolicy(Policy(), Target()),
        14 => DeletePolicy(Policy()),
        15 or 16 => CreateDevice(),
        17 => UpdateDevice(Device(), (uint)_random.Next(1300, 1303)),
        18 => DeleteDevice(Device()),
        19 or 20 => AttachStreams(Device(), Target()),
        21 => AttachPackets(Device(), Target()),
        22 => Detach(Device()),
        23 or 24 => Drain(Device(), _random.Next(2) == 0),
        25 or 26 or 27 => Apply(),
        28 or 29 => Read(),
        30 => ReadDelegates(),
        _ => ReadDelegate(Delegate()),
    };

    private string Proxy() => $"proxies/p{_random.Next(4)}";

    private string Delegate() => $"delegates/d{_random.Next(3)}";

    private string Policy() => $"policies/r{_random.Next(2)}";

    private string Device() => $"devices/t{_random.Next(2)}";

    private string Target() => _random.Next(2) == 0 ? Proxy() : Delegate();

    private T Any<T>(IReadOnlyList<T> from) => from[_random.Next(from.Count)];

    private string Etag(string name) => _random.Next(2) == 0 ? _etags.GetValueOrDefault(name, "") : "";

    private bool Force() => _random.Next(3) == 0;

    private static Ask CreateProxy(string name, string config)
    {
        CreateProxyRequest request = new() { Proxy = new Proxy { Name = name, Config = config } };
        return new Ask(request, async (s, o) => await s.Proxies.CreateProxyAsync(request, o), edit => edit.Add(new Item(name) { Config = config }), name);
    }

    private Ask UpdateProxy(string name, string config)
    {
        UpdateProxyRequest request = new()
        {
            Proxy = new Proxy { Name = name, Config = config, Etag = Etag(name) },
            UpdateMask = FieldMask.FromString("config"),
        };
        return new Ask(request, async (s, o) => await s.Proxies.UpdateProxyAsync(request, o), edit =>
        {
            edit.CheckEtag(name, request.Proxy.Etag);
            edit.Change(name, proxy => proxy with { Config = config });
        }, name);
    }

    private Ask DeleteProxy(string name)
    {
        DeleteProxyRequest request = new() { Name = name, Etag = Etag(name), Force = Force() };
        return Delete(request, name, request.Etag, request.Force, async (s, o) => await s.Proxies.DeleteProxyAsync(request, o));
    }

    private static Ask CreateDelegate(string name, string proxy)
    {
        CreateDelegateRequest request = new() { Delegate = new Protocol.V1.Delegate { Name = name, Proxy = proxy } };
        return new Ask(request, async (s, o) => await s.Delegates.CreateDelegateAsync(request, o), edit => edit.Add(new Item(name) { Proxy = proxy }), name);
    }

    private Ask Swap(string name, string proxy)
    {
        SwapDelegateRequest request = new()
        {
            Name = name,
            Proxy = proxy,
            Etag = Etag(name),
            Existing = Any((ExistingSessions[])[ExistingSessions.Keep, ExistingSessions.Close]),
        };
        return new Ask(request, async (s, o) => await s.Delegates.SwapDelegateAsync(request, o), edit =>
        {
            edit.CheckEtag(name, request.Etag);
            edit.Change(name, d => d with { Proxy = proxy });
        }, name)
        {
            Tells = (_, after, answer) => ((SwapDelegateResponse)answer).Generation == after.Items[name].Generation,
        };
    }

    private Ask DeleteDelegate(string name)
    {
        DeleteDelegateRequest request = new() { Name = name, Etag = Etag(name), Force = Force() };
        return Delete(request, name, request.Etag, request.Force, async (s, o) => await s.Delegates.DeleteDelegateAsync(request, o));
    }

    private static Ask CreatePolicy(string name, string target)
    {
        CreatePolicyRequest request = new() { Policy = new Policy { Name = name, Rules = { Rule(target) } } };
        return new Ask(request, async (s, o) => await s.Policies.CreatePolicyAsync(request, o), edit => edit.Add(new Item(name) { Target = target }), name);
    }

    private Ask UpdatePolicy(string name, string target)
    {
        UpdatePolicyRequest request = new() { Policy = new Policy { Name = name, Rules = { Rule(target) }, Etag = Etag(name) } };
        return new Ask(request, async (s, o) => await s.Policies.UpdatePolicyAsync(request, o), edit =>
        {
            edit.CheckEtag(name, request.Policy.Etag);
            edit.Change(name, policy => policy with { Target = target });
        }, name);
    }

    private Ask DeletePolicy(string name)
    {
        DeletePolicyRequest request = new() { Name = name, Etag = Etag(name), Force = Force() };
        return Delete(request, name, request.Etag, request.Force, async (s, o) => await s.Policies.DeletePolicyAsync(request, o));
    }

    private Ask CreateDevice()
    {
        Item wish = new(Device())
        {
            Streams = _random.Next(3) == 0 ? "" : Target(),
            Packets = _random.Next(3) == 0 ? "" : Target(),
            Policy = _random.Next(2) == 0 ? "" : Policy(),
        };
        CreateDeviceRequest request = new() { Device = ToDevice(wish) };
        return new Ask(request, async (s, o) => await s.Devices.CreateDeviceAsync(request, o), edit => edit.Add(wish), wish.Name);
    }

    private Ask UpdateDevice(string name, uint mtu)
    {
        UpdateDeviceRequest request = new() { Device = new Device { Name = name, Mtu = mtu, Etag = Etag(name) } };
        return new Ask(request, async (s, o) => await s.Devices.UpdateDeviceAsync(request, o), edit =>
        {
            edit.CheckEtag(name, request.Device.Etag);
            edit.Change(name, device => device with { Mtu = mtu });
        }, name);
    }

    private Ask DeleteDevice(string name)
    {
        DeleteDeviceRequest request = new() { Name = name, Etag = Etag(name), Force = Force() };
        return Delete(request, name, request.Etag, request.Force, async (s, o) => await s.Devices.DeleteDeviceAsync(request, o));
    }

    private Ask AttachStreams(string name, string target)
    {
        AttachStreamDialerRequest request = new() { Name = name, StreamDialer = target, Etag = Etag(name) };
        return Set(request, name, request.Etag, async (s, o) => await s.Devices.AttachStreamDialerAsync(request, o), d => d with { Streams = target });
    }

    private Ask AttachPackets(string name, string target)
    {
        AttachPacketProxyRequest request = new() { Name = name, PacketProxy = target, Etag = Etag(name) };
        return Set(request, name, request.Etag, async (s, o) => await s.Devices.AttachPacketProxyAsync(request, o), d => d with { Packets = target });
    }

    private Ask Detach(string name)
    {
        DetachStreamDialerRequest request = new() { Name = name, Etag = Etag(name) };
        return Set(request, name, request.Etag, async (s, o) => await s.Devices.DetachStreamDialerAsync(request, o), d => d with { Streams = "" });
    }

    private Ask Drain(string name, bool begin)
    {
        DrainDeviceRequest drain = new() { Name = name, Etag = Etag(name) };
        ResumeDeviceRequest resume = new() { Name = name, Etag = drain.Etag };
        return begin
            ? Set(drain, name, drain.Etag, async (s, o) => await s.Devices.DrainDeviceAsync(drain, o), d => d with { Draining = true })
            : Set(resume, name, drain.Etag, async (s, o) => await s.Devices.ResumeDeviceAsync(resume, o), d => d with { Draining = false });
    }

    /// <summary>The document that was read last, as it was or with some changes.</summary>
    private Ask Apply()
    {
        Protocol.V1.Configuration document = _configuration.Configuration.Clone();
        for (int changes = _random.Next(4); changes > 0; changes--)
        {
            Alter(document);
        }

        ApplyConfigurationRequest request = new() { Configuration = document, Prune = _random.Next(2) == 0 };
        if (_random.Next(2) == 0)
        {
            request.BaseGeneration = _configuration.Generation;
        }

        Item[] wishes = [.. Item.OfDocument(document).Select(item => item.ToWish())];
        return new Ask(request, async (s, o) => await s.Configuration.ApplyConfigurationAsync(request, o), edit =>
        {
            edit.CheckGeneration(request.HasBaseGeneration ? request.BaseGeneration : null);
            edit.Apply(wishes, request.Prune);
        })
        {
            Tells = (before, after, answer) => answer is ApplyConfigurationResponse applied && applied.Generation == after.Revision
                && applied.Steps.Select(step => step.Name).Order(StringComparer.Ordinal).SequenceEqual(after.ChangedSince(before)),
        };
    }

    private void Alter(Protocol.V1.Configuration document)
    {
        switch (_random.Next(6))
        {
            case 0:
                Replace(document.Proxies, p => p.Name, new Proxy { Name = Proxy(), Config = Any(s_configs) });
                break;
            case 1:
                Replace(document.Delegates, d => d.Name, new Protocol.V1.Delegate { Name = Delegate(), Proxy = Proxy() });
                break;
            case 2:
                Replace(document.Policies, p => p.Name, new Policy { Name = Policy(), Rules = { Rule(Target()) } });
                break;
            case 3:
                Replace(document.Devices, d => d.Name, ToDevice(new Item(Device()) { Streams = Target(), Packets = Target() }));
                break;
            case 4 when document.Proxies.Count > 0:
                document.Proxies.RemoveAt(_random.Next(document.Proxies.Count));
                break;
            case 5 when document.Delegates.Count > 0:
                document.Delegates.RemoveAt(_random.Next(document.Delegates.Count));
                break;
        }
    }

    private static Ask Read()
    {
        GetConfigurationRequest request = new();
        return new Ask(request, async (s, o) => await s.Configuration.GetConfigurationAsync(request, o), static _ => { })
        {
            Tells = (_, state, answer) => answer is GetConfigurationResponse read && read.Generation == state.Revision
                && Item.OfDocument(read.Configuration).Select(item => item.ToWish()).OrderBy(item => item.Name, StringComparer.Ordinal)
                    .SequenceEqual(state.Items.Values.Select(item => item.ToWish())),
        };
    }

    private static Ask ReadDelegate(string name)
    {
        GetDelegateRequest request = new() { Name = name };
        return new Ask(request, async (s, o) => await s.Delegates.GetDelegateAsync(request, o), edit => edit.Find(name), name);
    }

    private static Ask ReadDelegates()
    {
        ListDelegatesRequest request = new();
        return new Ask(request, async (s, o) => await s.Delegates.ListDelegatesAsync(request, o), static _ => { })
        {
            Tells = (_, state, answer) =>
            {
                Item[] expected = [.. state.Items.Values.Where(item => item.Is("delegates"))];
                Item[] told = [.. ((ListDelegatesResponse)answer).Delegates.Select(Item.Of)];
                return told.Length == expected.Length && told.Zip(expected).All(pair => pair.First.Matches(pair.Second));
            },
        };
    }

    private static Ask Delete(Google.Protobuf.IMessage request, string name, string etag, bool force,
        Func<TestServer, CallOptions, Task<Google.Protobuf.IMessage>> send) =>
        new(request, send, edit =>
        {
            edit.CheckEtag(name, etag);
            edit.Remove(name, force);
        });

    private static Ask Set(Google.Protobuf.IMessage request, string name, string etag,
        Func<TestServer, CallOptions, Task<Google.Protobuf.IMessage>> send, Func<Item, Item> change) =>
        new(request, send, edit =>
        {
            edit.CheckEtag(name, etag);
            edit.Set(name, change);
        }, name);

    private static PolicyRule Rule(string target) => new() { Id = "all", Action = PolicyAction.Route, Target = target };

    private static Device ToDevice(Item item) => new()
    {
        Name = item.Name,
        StreamDialer = item.Streams,
        PacketProxy = item.Packets,
        Policy = item.Policy,
        Mtu = item.Mtu,
    };

    private static void Replace<T>(Google.Protobuf.Collections.RepeatedField<T> list, Func<T, string> name, T resource)
    {
        if (list.FirstOrDefault(other => name(other) == name(resource)) is { } old)
        {
            list.Remove(old);
        }

        list.Add(resource);
    }
}
