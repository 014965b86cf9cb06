namespace NetControl.Transport.Shadowsocks;

/// <summary>A Shadowsocks method that is asked for and not known.</summary>
public sealed class UnsupportedCipherException : Exception
{
    /// <summary>Makes an exception.</summary>
    public UnsupportedCipherException(string cipher)
        : base($"unsupported cipher {cipher}")
    {
        Cipher = cipher;
    }

    /// <summary>The name as it was given.</summary>
    public string Cipher { get; }
}
