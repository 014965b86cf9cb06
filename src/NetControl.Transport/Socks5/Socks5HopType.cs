using System.Diagnostics.CodeAnalysis;
using System.Text;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Socks5;

/// <summary>The text of a SOCKS5 hop: <c>socks5://[user:password@]host:port</c>.</summary>
public sealed class Socks5HopType : HopType
{
    internal const string Scheme = "socks5";

    /// <inheritdoc/>
    public override string Name => Scheme;

    /// <inheritdoc/>
    public override string Grammar => "socks5://[user:password@]host:port";

    /// <inheritdoc/>
    public override bool TryParse(HopText text, [NotNullWhen(true)] out Hop? hop, [NotNullWhen(false)] out ChainError? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        hop = null;
        if (!HopServer.TryParse(text, $"a SOCKS5 server is written {Grammar}", [], out HopServer? server, out error))
        {
            return false;
        }

        if (server.UserInfo is null)
        {
            hop = new Socks5Hop(server.Address, null, null);
            return true;
        }

        (string user, string? password) = HopServer.SplitUserInfo(server.UserInfo);
        string? problem = user == Hop.RedactedSecret && password is null
            ? "REDACTED stands where the credentials were; write them, or leave config out of update_mask"
            : !IsCredential(user) ? "the user name has to be 1 to 255 bytes long (RFC 1929)"
            : !IsCredential(password ?? "") ? "the password has to be 1 to 255 bytes long (RFC 1929); write user:password@"
            : null;
        if (problem is not null)
        {
            error = text.Error(server.UserInfoOffset, problem);
            return false;
        }

        hop = new Socks5Hop(server.Address, user, password);
        return true;
    }

    private static bool IsCredential(string text) => Encoding.UTF8.GetByteCount(text) is > 0 and <= 255;
}
