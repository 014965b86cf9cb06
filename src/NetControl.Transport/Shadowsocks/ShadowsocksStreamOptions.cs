namespace NetControl.Transport.Shadowsocks;

/// <summary>How a <see cref="ShadowsocksStreamDialer"/> opens its streams.</summary>
public sealed record ShadowsocksStreamOptions
{
    /// <summary>
    /// How long a stream waits for first bytes that its request can travel with; zero sends it at once. Protocols in which the server speaks
    /// first begin later by this.
    /// </summary>
    public TimeSpan ClientDataWait { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Where the salts come from: <see cref="RandomSalt"/>, or <see cref="PrefixedSalt"/>. The 2022 edition takes random ones only.</summary>
    public ISaltSource Salts { get; init; } = RandomSalt.Instance;

    /// <summary>The clock; an event loop's where dials are made on loops.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
