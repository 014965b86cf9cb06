using System.CommandLine;
using System.Globalization;
using NetControl.Server.Security;
using NetControl.Server.Security.Tokens;

namespace NetControl.Server.Hosting;

/// <summary>netcontrold token: makes a bearer token, which is shown once, and its line for the token file.</summary>
internal static class TokenCommand
{
    public static Command Create()
    {
        Argument<string> name = new("name") { Description = "Whose token it is: letters, digits, . _ @ : / or -." };
        Argument<string> role = new("role") { Description = "viewer, operator or admin." };
        Option<string?> expires = new("--expires") { Description = "When it ends: after 30m, 720h, 90d, or at 2027-01-01T00:00:00Z." };
        role.AcceptOnlyFromAmong("viewer", "operator", "admin");
        name.Validators.Add(result =>
        {
            if (!TokenFile.IsName(result.Tokens[0].Value))
            {
                result.AddError($"name: \"{result.Tokens[0].Value}\" is not a name; write letters, digits, . _ @ : / or -");
            }
        });
        expires.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && ParseExpiry(result.Tokens[0].Value, DateTimeOffset.UnixEpoch) is null)
            {
                result.AddError($"--expires: \"{result.Tokens[0].Value}\" is not a time; write e.g. 720h, 90d or 2027-01-01T00:00:00Z");
            }
        });
        Command command = new("token", "Make a bearer token: the token goes to standard output, its line for listen.tokenFile to standard "
            + "error.")
        {
            name,
            role,
            expires,
        };
        command.SetAction(parsed =>
        {
            string token = TokenSecret.Create();
            DateTimeOffset? end = parsed.GetValue(expires) is { } text ? ParseExpiry(text, DateTimeOffset.UtcNow) : null;
            TokenEntry entry = new(parsed.GetRequiredValue(name), RoleNames.Parse(parsed.GetRequiredValue(role))!.Value,
                TokenSecret.Hash(token), end);
            parsed.InvocationConfiguration.Output.WriteLine(token);
            parsed.InvocationConfiguration.Error.WriteLine(TokenFile.Format(entry));
            return ExitCode.Ok;
        });
        return command;
    }

    internal static DateTimeOffset? ParseExpiry(string text, DateTimeOffset now)
    {
        int minutes = text.Length == 0 ? 0 : text[^1] switch { 'm' => 1, 'h' => 60, 'd' => 1440, _ => 0 };
        if (minutes > 0 && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0)
        {
            return now + TimeSpan.FromMinutes((double)count * minutes);
        }

        return DateTimeOffset.TryParseExact(text, "yyyy-MM-dd'T'HH:mm:ssK", CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time) ? time : null;
    }
}
