using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using NetControl.Cli.Completion;
using Option = System.CommandLine.Option;

namespace NetControl.Cli.Commands;

/// <summary>Arguments and options that several commands share.</summary>
internal static class Common
{
    public static Argument<string> Name(string collection) =>
        Named("name", $"The name; {collection}/ may be left out.", collection);

    /// <summary>An argument that names a resource, and is completed with those that there are.</summary>
    public static Argument<string> Named(string name, string description, params string[] collections)
    {
        Argument<string> argument = new(name) { Description = description };
        argument.CompletionSources.Add(context => ResourceNames.Complete(context, collections));
        return argument;
    }

    /// <summary>Whether an option was written, whatever its value.</summary>
    public static bool IsGiven(this ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    public static Option<string> Etag() =>
        new("--etag") { Description = "Only if this is still the resource's etag.", DefaultValueFactory = _ => "" };

    public static Option<bool> ValidateOnly() => new("--validate-only") { Description = "Do every check, and nothing else." };

    public static Option<bool> Force() => new("--force") { Description = "Even while it is in use." };

    public static Option<string?> Duration(string name, string description)
    {
        Option<string?> option = new(name) { Description = description, HelpName = "30s" };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && ParseDuration(result.Tokens[0].Value) is null)
            {
                result.AddError($"{name}: \"{result.Tokens[0].Value}\" is not a duration; write e.g. 500ms, 30s, 5m or 1h");
            }
        });
        return option;
    }

    /// <summary>The name with its collection in front.</summary>
    public static string Qualify(string collection, string name) => name.Length == 0 || name.Contains('/', StringComparison.Ordinal) ? name
        : $"{collection}/{name}";

    public static Duration? ParseDuration(string? text)
    {
        (string unit, double scale)[] units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)];
        foreach ((string unit, double scale) in units)
        {
            if (text is not null && text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(text[..^unit.Length], System.Globalization.CultureInfo.InvariantCulture, out double value) && value >= 0)
            {
                return Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromSeconds(value * scale));
            }
        }

        return null;
    }

    /// <summary>Each mutation carries a fresh request id: a retry inside the channel has no second effect.</summary>
    public static string RequestId() => Guid.NewGuid().ToString();
}
