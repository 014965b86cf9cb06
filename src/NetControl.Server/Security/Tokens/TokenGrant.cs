using System.Text;

namespace NetControl.Server.Security.Tokens;

/// <summary>A token in force, and the news that it no longer is.</summary>
/// <remarks>Lifetime: its store ends it; <see cref="Revoked"/> may be asked for at any time, and stays cancelled.</remarks>
internal sealed class TokenGrant : IDisposable
{
    private readonly CancellationTokenSource _revoked = new();

    public TokenGrant(TokenEntry entry)
    {
        Entry = entry;
        Revoked = _revoked.Token;
        HashBytes = Encoding.ASCII.GetBytes(entry.Hash);
    }

    public TokenEntry Entry { get; }

    /// <summary>The hash's hexadecimal digits, to be compared in constant time.</summary>
    public byte[] HashBytes { get; }

    /// <summary>Cancelled when the token was taken out of the file, or its time has come.</summary>
    public CancellationToken Revoked { get; }

    public bool IsExpired(DateTimeOffset now) => Entry.Expires <= now;

    /// <summary>Ends it, and what is open by it. More than once is as good as once.</summary>
    public void Dispose()
    {
        if (!Revoked.IsCancellationRequested)
        {
            _revoked.Cancel();
            _revoked.Dispose();
        }
    }
}
