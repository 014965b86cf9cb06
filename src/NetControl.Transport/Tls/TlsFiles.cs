using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using NetControl.Network;

namespace NetControl.Transport.Tls;

/// <summary>Options whose certificates are PEM files, followed while they change.</summary>
/// <remarks>
/// The files are looked at again on a dial, once every few seconds at most: certificates are replaced by programs that know nothing of us, and
/// a dial can do without a watcher. A new set that is not whole leaves the old one in force. Thread rule: any thread; one of them reads.
/// </remarks>
internal sealed class TlsFiles
{
    private const long MostBytes = 1 << 20;
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);
    private readonly TlsClientOptions _basis;
    private readonly string? _authorities;
    private readonly string? _certificate;
    private readonly string? _key;
    private readonly TimeProvider _time;
    private readonly Lock _reading = new();
    private volatile TlsClientOptions? _current;
    private byte[] _digest = [];
    private string _fault = "";
    private long _lookedAt;

    /// <summary>Reads the files, if they are there.</summary>
    /// <param name="basis">Everything but the certificates.</param>
    /// <param name="authorities">The trusted authorities, or null for the system's.</param>
    /// <param name="certificate">The certificate to show and its chain, or null for none.</param>
    /// <param name="key">Its key; null if that is in the same file.</param>
    /// <param name="time">The clock.</param>
    public TlsFiles(TlsClientOptions basis, string? authorities, string? certificate, string? key, TimeProvider time)
    {
        _basis = basis;
        _authorities = authorities;
        _certificate = certificate;
        _key = key;
        _time = time;
        Read();
    }

    /// <summary>The options, with what the files hold now.</summary>
    /// <exception cref="DialException">The files have never made a whole.</exception>
    public TlsClientOptions Current()
    {
        if (_time.GetElapsedTime(Volatile.Read(ref _lookedAt)) >= s_interval && _reading.TryEnter())
        {
            try
            {
                Read();
            }
            finally
            {
                _reading.Exit();
            }
        }

        return _current ?? throw new DialException(DialFailure.Other, _fault);
    }

    /// <summary>Reads files once, or says which one is wrong and the fix.</summary>
    public static bool TryLoad(TlsClientOptions basis, string? authorities, string? certificate, string? key,
        [NotNullWhen(true)] out TlsClientOptions? options, [NotNullWhen(false)] out string? fault)
    {
        options = null;
        if (!TryReadAll(authorities, certificate, key, out byte[]?[] texts, out fault))
        {
            return false;
        }

        options = Make(basis, texts, authorities, certificate, key, out fault);
        return options is not null;
    }

    private void Read()
    {
        Volatile.Write(ref _lookedAt, _time.GetTimestamp());
        if (!TryReadAll(_authorities, _certificate, _key, out byte[]?[] texts, out string? fault))
        {
            _fault = fault;
            return;
        }

        // The digest, not the texts, is kept: one of them is a secret.
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (byte[]? text in texts)
        {
            hash.AppendData(text ?? []);
        }

        byte[] digest = hash.GetHashAndReset();
        if (digest.AsSpan().SequenceEqual(_digest))
        {
            return;
        }

        _digest = digest;
        if (Make(_basis, texts, _authorities, _certificate, _key, out fault) is { } options)
        {
            _current = options;
        }
        else
        {
            _fault = fault ?? "";
        }
    }

    private static bool TryReadAll(string? authorities, string? certificate, string? key, out byte[]?[] texts,
        [NotNullWhen(false)] out string? fault)
    {
        texts = new byte[]?[3];
        fault = null;
        (string Option, string? Path)[] files = [("ca", authorities), ("cert", certificate), ("key", key)];
        for (int i = 0; i < files.Length; i++)
        {
            (string option, string? path) = files[i];
            if (path is null)
            {
                continue;
            }

            try
            {
                // Whoever may try a chain out names any path: a device never ends, a pipe never begins, and both would hold the dial's thread.
                FileInfo file = new(path);
                if (file.Exists && ((file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo) ?? file).Length is 0 or > MostBytes)
                {
                    fault = $"tls: {option}={path}: is empty, no ordinary file, or longer than {MostBytes} bytes; write PEM into a file";
                    return false;
                }

                texts[i] = File.ReadAllBytes(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
            {
                fault = e is FileNotFoundException or DirectoryNotFoundException
                    ? $"tls: {option}={path}: there is no such file; put it there, or name another"
                    : $"tls: {option}={path}: cannot be read ({e.Message}); let this process read it";
                return false;
            }
        }

        return true;
    }

    private static TlsClientOptions? Make(
        TlsClientOptions basis, byte[]?[] texts, string? authorities, string? certificate, string? key, out string? fault)
    {
        fault = null;
        TlsClientOptions options = basis;
        if (texts[0] is { } roots)
        {
            X509Certificate2Collection collection = ReadCertificates(roots);
            if (collection.Count == 0)
            {
                fault = $"tls: ca={authorities}: holds no certificate; write the authorities' PEM certificates into it";
                return null;
            }

            options = options with { Roots = collection };
        }

        if (texts[1] is not { } chain)
        {
            return options;
        }

        try
        {
            X509Certificate2 leaf = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(chain), Encoding.ASCII.GetString(texts[2] ?? chain));
            X509Certificate2Collection others = ReadCertificates(chain);
            others.RemoveAt(0); // the leaf, again
            return options with { ClientCertificate = SslStreamCertificateContext.Create(leaf, others, offline: true) };
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            fault = $"tls: cert={certificate} and key={key ?? certificate} do not make a certificate; "
                + "write a PEM certificate, its intermediates after it, and its PEM key without a password";
            return null;
        }
    }

    private static X509Certificate2Collection ReadCertificates(byte[] pem)
    {
        X509Certificate2Collection certificates = [];
        try
        {
            certificates.ImportFromPem(Encoding.ASCII.GetString(pem));
        }
        catch (CryptographicException)
        {
            certificates.Clear();
        }

        return certificates;
    }
}
