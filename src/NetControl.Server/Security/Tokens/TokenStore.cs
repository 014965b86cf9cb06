using System.Security.Cryptography;
using System.Text;
using NetControl.ControlPlane.Validation;
using NetControl.Server.Mapping;
using NetControl.Server.Security.Files;

namespace NetControl.Server.Security.Tokens;

/// <summary>The tokens of a file, as it is now.</summary>
/// <remarks>Threads: calls look up against one immutable set; the reloader alone replaces it.</remarks>
internal sealed class TokenStore : IReloadable
{
    private readonly string _path;
    private volatile TokenGrant[] _grants = [];

    public TokenStore(string path)
    {
        _path = path;
    }

    public const string Field = "listen.tokenFile";

    public string Name => "tokens";

    public IReadOnlyList<string> Paths => [_path];

    public IReadOnlyList<string> Fields => [Field];

    public string InForce => _grants.Length == 0 ? "none" : string.Join(", ", _grants.Select(grant => grant.Entry).Select(entry =>
        $"{entry.Name} {Words.Snake(entry.Role.ToString())}"
            + (entry.Expires is { } end ? $" until {end.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}" : "")));

    public void Load(IReadOnlyList<FileContent> files, ViolationList violations, DateTimeOffset now)
    {
        if (files[0].WritableByOthers)
        {
            violations.Add(Field, _path, "is writable by every user, who could add a token", "chmod o-w it", "UNSAFE_MODE");
            return;
        }

        int before = violations.Items.Count;
        IReadOnlyList<TokenEntry> entries = TokenFile.Parse(Encoding.UTF8.GetString(files[0].Bytes), Field, violations);
        if (violations.Items.Count > before)
        {
            return;
        }

        TokenGrant[] old = _grants;
        _grants = [.. entries.Select(entry => Array.Find(old, grant => grant.Entry == entry) ?? new TokenGrant(entry))];
        foreach (TokenGrant gone in old.Except(_grants))
        {
            gone.Dispose();
        }
    }

    public void Tick(DateTimeOffset now)
    {
        foreach (TokenGrant grant in _grants)
        {
            if (grant.IsExpired(now))
            {
                grant.Dispose();
            }
        }
    }

    /// <summary>Finds a token; the time it takes does not tell how much of it was right.</summary>
    public TokenGrant? Find(string token)
    {
        byte[] hash = Encoding.ASCII.GetBytes(TokenSecret.Hash(token));
        TokenGrant? found = null;
        foreach (TokenGrant grant in _grants)
        {
            if (CryptographicOperations.FixedTimeEquals(hash, grant.HashBytes))
            {
                found = grant;
            }
        }

        return found;
    }
}
