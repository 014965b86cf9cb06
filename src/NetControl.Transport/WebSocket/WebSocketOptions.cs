using NetControl.Transport.Http;

namespace NetControl.Transport.WebSocket;

/// <summary>What the request for a WebSocket carries besides host and path.</summary>
public sealed record WebSocketOptions
{
    private static readonly string[] s_ours = ["Host", "Upgrade", "Connection", "Content-Length", "Transfer-Encoding"];

    /// <summary>Header fields; by default who we are.</summary>
    /// <exception cref="ArgumentException">A field is one that the handshake itself decides about.</exception>
    public IReadOnlyList<HttpField> Fields
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            foreach (HttpField item in value)
            {
                if (s_ours.Contains(item.Name, StringComparer.OrdinalIgnoreCase)
                    || item.Name.StartsWith("Sec-WebSocket-", StringComparison.OrdinalIgnoreCase))
                {
                    throw new ArgumentException($"the header field {item.Name} is the handshake's own; leave it out", nameof(value));
                }
            }

            field = [.. value];
        }
    } = [new HttpField("User-Agent", "NetControl")];

    private bool PrintMembers(System.Text.StringBuilder builder)
    {
        builder.Append($"Fields = {string.Join(", ", Fields)}");
        return true;
    }
}
