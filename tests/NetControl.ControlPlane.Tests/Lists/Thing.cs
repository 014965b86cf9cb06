using System.Globalization;
using System.Text.RegularExpressions;
using NetControl.ControlPlane.Lists;
using NetControl.ControlPlane.Lists.Fields;
using NetControl.ControlPlane.Lists.Filters;

namespace NetControl.ControlPlane.Tests.Lists;

/// <summary>An item with a field of each kind, and, written another way, what each comparison of them means.</summary>
internal sealed record Thing(string Name, string Label, string[] Tags, int Count, int? Second, int Color, bool Big)
{
    public static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddSeconds(5);

    public static readonly ListSchema<Thing> Schema = new(
        "things",
        [(in Thing thing) => thing.Name],
        new NameField<Thing>("name", (in Thing thing) => thing.Name),
        new TextField<Thing>("label", (in Thing thing) => thing.Label, sorts: true),
        new TextListField<Thing>("tags", (in Thing thing) => thing.Tags),
        new NumberField<Thing>("count", (in Thing thing) => thing.Count),
        new TimeField<Thing>("time", (in Thing thing) => Ticks(thing)),
        new AgeField<Thing>("age", (in Thing thing) => Ticks(thing)),
        new WordField<Thing>("color", "COLOR_", ["RED", "GREEN", "BLUE"], (in Thing thing) => thing.Color),
        new FlagField<Thing>("big", (in Thing thing) => thing.Big));

    /// <summary>Whether a filter chooses it, by reading the tree and nothing else.</summary>
    public bool IsChosenBy(FilterNode? node) => node switch
    {
        null => true,
        FilterNegation negation => !IsChosenBy(negation.Node),
        FilterJunction { Any: true } any => any.Nodes.Any(IsChosenBy),
        FilterJunction all => all.Nodes.All(IsChosenBy),
        FilterComparison c => Compare(c),
        _ => throw new ArgumentException($"{node}", nameof(node)),
    };

    private bool Compare(FilterComparison c)
    {
        string value = c.Value.Text;
        switch (c.Path)
        {
            case "label":
                return c.Operator == FilterOperator.Has
                    ? c.Value.IsAnything ? Label.Length > 0 : Regex(c, ".*", ".*").IsMatch(Label)
                    : Regex(c).IsMatch(Label) == (c.Operator == FilterOperator.Equal);
            case "name":
                string id = Name.Split('/')[1];
                return c.Operator == FilterOperator.Has
                    ? c.Value.IsAnything || Regex(c, ".*", ".*").IsMatch(Name)
                    : Regex(c).IsMatch(value.Contains('/') ? Name : id) == (c.Operator == FilterOperator.Equal);
            case "tags":
                return Array.Exists(Tags, tag => Regex(c).IsMatch(value.Contains('/') ? tag : tag.Split('/')[^1]));
            case "count":
                return Holds(c.Operator, Count - int.Parse(value, CultureInfo.InvariantCulture));
            case "time":
                return Second is { } second && Holds(c.Operator, second - int.Parse(value[^3..^1], CultureInfo.InvariantCulture));
            case "age":
                return Second is { } then && Holds(c.Operator, 5 - then - int.Parse(value[..^1], CultureInfo.InvariantCulture));
            case "color":
                int color = value.ToUpperInvariant()[^3..] switch { "RED" => 0, "EEN" => 1, _ => 2 };
                return Color == color == (c.Operator == FilterOperator.Equal);
            default:
                return Big == (value == "true") == (c.Operator == FilterOperator.Equal);
        }
    }

    private static long? Ticks(in Thing thing) => thing.Second is { } second ? DateTimeOffset.UnixEpoch.AddSeconds(second).UtcTicks : null;

    private static Regex Regex(FilterComparison c, string before = "", string after = "") => new(
        $@"\A{before}{string.Join(".*", c.Value.Pattern.Parts.Select(System.Text.RegularExpressions.Regex.Escape))}{after}\z",
        RegexOptions.Singleline, TimeSpan.FromSeconds(10));

    private static bool Holds(FilterOperator @operator, int difference) => @operator switch
    {
        FilterOperator.Equal => difference == 0,
        FilterOperator.NotEqual => difference != 0,
        FilterOperator.Less => difference < 0,
        FilterOperator.LessOrEqual => difference <= 0,
        FilterOperator.Greater => difference > 0,
        _ => difference >= 0,
    };
}
