namespace NetControl.Transport.Shadowsocks;

/// <summary>The two constructions beneath all methods.</summary>
internal enum AeadAlgorithm
{
    /// <summary>AES in Galois/counter mode (NIST SP 800-38D).</summary>
    AesGcm,

    /// <summary>ChaCha20 with Poly1305 (RFC 8439).</summary>
    ChaCha20Poly1305,
}
