namespace NetControl.Transport.Shadowsocks;

/// <summary>One of a server's sessions, as a client's packet socket knows it (2022 edition).</summary>
internal sealed class ServerSession(ulong id, Aead? cipher) : IDisposable
{
    /// <summary>The number that the server gave it.</summary>
    public ulong Id => id;

    /// <summary>What opens its datagrams, where each session has a key of its own.</summary>
    public Aead? Cipher => cipher;

    /// <summary>Which of its datagrams have come.</summary>
    public ReplayWindow Window { get; } = new();

    /// <summary>When the last one came.</summary>
    public long LastHeard { get; set; }

    /// <inheritdoc/>
    public void Dispose() => cipher?.Dispose();
}
