using System.Text;

namespace NetControl.Transport.Socks5;

/// <summary>A user name and password for a SOCKS5 proxy (RFC 1929), kept as the bytes that are sent.</summary>
/// <remarks>The text form names neither, so that a log cannot leak them.</remarks>
public sealed class Socks5Credentials
{
    private readonly byte[] _username;
    private readonly byte[] _password;

    /// <summary>Makes credentials; each part is 1 to 255 bytes of UTF-8.</summary>
    /// <exception cref="ArgumentException">A part is empty or too long.</exception>
    public Socks5Credentials(string username, string password)
    {
        _username = Encode(username, nameof(username));
        _password = Encode(password, nameof(password));
    }

    /// <summary>The user name's bytes.</summary>
    internal ReadOnlySpan<byte> Username => _username;

    /// <summary>The password's bytes.</summary>
    internal ReadOnlySpan<byte> Password => _password;

    /// <inheritdoc/>
    public override string ToString() => "REDACTED";

    private static byte[] Encode(string text, string name)
    {
        ArgumentNullException.ThrowIfNull(text, name);
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return bytes.Length is >= 1 and <= 255 ? bytes : throw new ArgumentException($"the {name} must be 1 to 255 bytes long", name);
    }
}
