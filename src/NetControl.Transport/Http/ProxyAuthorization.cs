using System.Text;

namespace NetControl.Transport.Http;

/// <summary>What a client shows to an HTTP proxy: the value of <c>Proxy-Authorization</c> (RFC 9110 section 11.7.2).</summary>
/// <remarks>The text form shows nothing of it, so that a log cannot leak it.</remarks>
public sealed class ProxyAuthorization
{
    private const int MostBytes = 4 << 10;

    private ProxyAuthorization(string value) => Field = value.Length <= MostBytes
        ? new HttpField("Proxy-Authorization", value, isSecret: true)
        : throw new ArgumentException($"the authorization is longer than {MostBytes} bytes; servers do not take that", nameof(value));

    internal HttpField Field { get; }

    /// <summary>A user name and password (RFC 7617), sent as UTF-8.</summary>
    /// <exception cref="ArgumentException">The user name holds a colon, which the scheme cannot carry, or a part holds control characters.</exception>
    public static ProxyAuthorization Basic(string username, string password)
    {
        ArgumentNullException.ThrowIfNull(username);
        ArgumentNullException.ThrowIfNull(password);
        if (username.Contains(':', StringComparison.Ordinal))
        {
            throw new ArgumentException("the user name may not hold a colon (RFC 7617 section 2)", nameof(username));
        }

        if (username.Any(char.IsControl) || password.Any(char.IsControl))
        {
            throw new ArgumentException("user name and password may not hold control characters (RFC 7617 section 2)", nameof(username));
        }

        return new ProxyAuthorization("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{username}:{password}")));
    }

    /// <summary>A value of any scheme as it is sent, such as <c>Bearer ...</c>.</summary>
    /// <exception cref="ArgumentException">The value is empty or holds something other than visible ASCII, spaces and tabs.</exception>
    public static ProxyAuthorization Raw(string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(value);
        return new ProxyAuthorization(value);
    }

    /// <inheritdoc/>
    public override string ToString() => "REDACTED";
}
