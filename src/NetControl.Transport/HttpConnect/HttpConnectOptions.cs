using System.Text;
using NetControl.Transport.Http;

namespace NetControl.Transport.HttpConnect;

/// <summary>What a CONNECT request carries besides its destination.</summary>
public sealed record HttpConnectOptions
{
    // With them a request fits into a frame of HTTP/2, and into what servers commonly take.
    private const int MostBytes = 8 << 10;

    private static readonly string[] s_ours =
    [
        "Host", "Proxy-Authorization", "Content-Length", "Transfer-Encoding", "Connection", "Proxy-Connection", "Keep-Alive", "TE", "Upgrade",
    ];

    /// <summary>What is shown to the proxy, or null for nothing.</summary>
    public ProxyAuthorization? Authorization { get; init; }

    /// <summary>Further header fields.</summary>
    /// <exception cref="ArgumentException">A field is one that the request itself decides about, or there is too much of them.</exception>
    public IReadOnlyList<HttpField> Fields
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            foreach (HttpField item in value)
            {
                if (s_ours.Contains(item.Name, StringComparer.OrdinalIgnoreCase))
                {
                    throw new ArgumentException($"the header field {item.Name} is the request's own; leave it out", nameof(value));
                }
            }

            if (value.Sum(static item => item.NameBytes.Length + item.ValueBytes.Length) > MostBytes)
            {
                throw new ArgumentException($"the header fields are longer than {MostBytes} bytes together; send less", nameof(value));
            }

            field = [.. value];
        }
    } = [];

    /// <summary>All fields that go with a request, the authorization among them.</summary>
    internal IEnumerable<HttpField> Sent => Authorization is { } authorization ? Fields.Prepend(authorization.Field) : Fields;

    // The members of a record would be printed one by one.
    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append($"Authorization = {Authorization}, Fields = {string.Join(", ", Fields)}");
        return true;
    }
}
