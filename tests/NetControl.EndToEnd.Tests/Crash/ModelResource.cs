namespace NetControl.EndToEnd.Tests.Crash;

/// <summary>A proxy, delegate or device as the test believes it to be.</summary>
/// <param name="Name">The resource name.</param>
internal sealed record ModelResource(string Name)
{
    /// <summary>Empty until the server has told it.</summary>
    public string Uid { get; init; } = "";

    public long Generation { get; init; } = 1;

    /// <summary>A proxy's configuration text.</summary>
    public string Config { get; init; } = "";

    /// <summary>A delegate's proxy.</summary>
    public string Proxy { get; init; } = "";

    public string Streams { get; init; } = "";

    public string Packets { get; init; } = "";

    /// <summary>Addresses, separated by spaces, in order.</summary>
    public string Addresses { get; init; } = "";

    public string Routes { get; init; } = "";

    public uint Mtu { get; init; }

    public bool Draining { get; init; }

    public bool IsProxy => Name.StartsWith("proxies/", StringComparison.Ordinal);

    public bool IsDelegate => Name.StartsWith("delegates/", StringComparison.Ordinal);

    public bool IsDevice => Name.StartsWith("devices/", StringComparison.Ordinal);

    /// <summary>The interface's name.</summary>
    public string Id => Name[(Name.IndexOf('/', StringComparison.Ordinal) + 1)..];

    /// <summary>What was wished, without what follows from it.</summary>
    public ModelResource ToWish() => this with { Uid = "", Generation = 1, Draining = false };

    public override string ToString() => IsProxy ? $"{Name}#{Generation} '{Config}' {Uid}"
        : IsDelegate ? $"{Name}#{Generation} at '{Proxy}' {Uid}"
        : $"{Name}#{Generation} '{Streams}' '{Packets}' [{Addresses}] [{Routes}] mtu {Mtu}{(Draining ? " draining" : "")} {Uid}";
}
