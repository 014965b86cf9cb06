namespace NetControl.Server.Security.Tokens;

/// <summary>One line of the token file.</summary>
/// <param name="Name">Whose token it is.</param>
/// <param name="Role">What it may do.</param>
/// <param name="Hash">SHA-256 of the token, in lower-case hexadecimal.</param>
/// <param name="Expires">When it ends, if it does.</param>
internal sealed record TokenEntry(string Name, Role Role, string Hash, DateTimeOffset? Expires);
