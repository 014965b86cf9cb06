namespace NetControl.Transport.Shadowsocks;

/// <summary>Where salts come from. Any thread; a salt must never come twice with the same key.</summary>
public interface ISaltSource
{
    /// <summary>Fills a salt.</summary>
    void Fill(Span<byte> salt);
}
