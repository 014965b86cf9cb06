using System.Globalization;
using Google.Protobuf;
using NetControl.Protocol.V1;

namespace NetControl.Server.Tests.Model;

/// <summary>A resource of the reference model, and what an answer or a stream tells about one.</summary>
/// <param name="Name">The resource name.</param>
internal sealed record Item(string Name)
{
    /// <summary>The uid's part that an etag shows; empty where the model does not know it.</summary>
    public string Uid { get; init; } = "";

    public long Generation { get; init; } = 1;

    public long Revision { get; init; }

    /// <summary>A proxy's configuration text.</summary>
    public string Config { get; init; } = "";

    /// <summary>A delegate's proxy.</summary>
    public string Proxy { get; init; } = "";

    /// <summary>Where a policy's one rule leads to.</summary>
    public string Target { get; init; } = "";

    public string Streams { get; init; } = "";

    public string Packets { get; init; } = "";

    /// <summary>A device's policy.</summary>
    public string Policy { get; init; } = "";

    public uint Mtu { get; init; }

    public bool Draining { get; init; }

    public string Etag => string.Create(CultureInfo.InvariantCulture, $"\"{Uid}-{Revision}\"");

    /// <summary>What it is attached to or points at, and may be removed by force.</summary>
    public IEnumerable<string> Targets => ((string[])[Proxy, Target, Streams, Packets]).Where(name => name.Length > 0);

    public bool Is(string collection) => Name.StartsWith(collection + "/", StringComparison.Ordinal);

    /// <summary>What was wished, without what the server says about it.</summary>
    public Item ToWish() => this with { Uid = "", Generation = 1, Revision = 0, Draining = false };

    public bool Matches(Item other) => this with { Uid = "" } == other with { Uid = "" }
        && (Uid.Length == 0 || other.Uid.Length == 0 || Uid == other.Uid);

    public static Item Of(Proxy p) => Read(new Item(p.Name) { Config = p.Config }, p.Etag, p.Generation);

    public static Item Of(Protocol.V1.Delegate d) => Read(new Item(d.Name) { Proxy = d.Proxy }, d.Etag, d.Generation);

    public static Item Of(Policy p) => Read(new Item(p.Name) { Target = p.Rules.Count > 0 ? p.Rules[0].Target : "" }, p.Etag, p.Generation);

    public static Item Of(Device d) => Read(
        new Item(d.Name)
        {
            Streams = d.StreamDialer,
            Packets = d.PacketProxy,
            Policy = d.Policy,
            Mtu = d.Mtu,
            Draining = d.State == Device.Types.State.Draining,
        },
        d.Etag, d.Generation);

    /// <summary>The one resource that an answer is about; null for answers about none or all.</summary>
    public static Item? OfAnswer(IMessage answer) => answer.Descriptor.Fields.InFieldNumberOrder()
        .Where(field => !field.IsRepeated).Select(field => field.Accessor.GetValue(answer)).Select(OfResource).FirstOrDefault(item => item is not null);

    public static Item? OfChange(ResourceChange change) =>
        OfResource(change.Proxy) ?? OfResource(change.Delegate) ?? OfResource(change.Policy) ?? OfResource(change.Device);

    /// <summary>Everything that a document declares.</summary>
    public static IEnumerable<Item> OfDocument(Protocol.V1.Configuration document) =>
        [.. document.Proxies.Select(Of), .. document.Delegates.Select(Of), .. document.Policies.Select(Of), .. document.Devices.Select(Of)];

    private static Item? OfResource(object? value) => value switch
    {
        Proxy proxy => Of(proxy),
        Protocol.V1.Delegate d => Of(d),
        Policy policy => Of(policy),
        Device device => Of(device),
        _ => null,
    };

    private static Item Read(Item item, string etag, long generation)
    {
        string[] parts = etag.Trim('"').Split('-');
        return item with
        {
            Uid = parts[0],
            Revision = parts.Length > 1 ? long.Parse(parts[1], CultureInfo.InvariantCulture) : 0,
            Generation = generation == 0 ? 1 : generation,
        };
    }
}
