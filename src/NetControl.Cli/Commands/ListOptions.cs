using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using NetControl.Cli.Completion;

namespace NetControl.Cli.Commands;

/// <summary>The options of every list: which items, in which order, how many.</summary>
internal sealed class ListOptions
{
    private const int LargestPage = 1000;
    private readonly Option<string> _filter;
    private readonly Option<string> _order;
    private readonly Option<int> _limit = new("--limit") { Description = "At most this many; 0 is all." };

    private readonly Option<string> _mask = new("--read-mask")
    {
        Description = "Only these fields of each, e.g. name,state,conditions; for --output json and yaml.",
        HelpName = "FIELD,...",
        DefaultValueFactory = _ => "",
    };

    public ListOptions(string collection, bool filter = true)
    {
        _filter = Filter(collection, $"Which ones, e.g. '{ListFields.Example(collection)}'");
        _order = new Option<string>("--order-by")
        {
            Description = $"In which order, e.g. '{ListFields.OrderExample(collection)}'; the fields of --filter that are no lists.",
            HelpName = "FIELD [desc], ...",
            DefaultValueFactory = _ => "",
        };
        _order.CompletionSources.Add(context => ListFields.CompleteOrder(collection, context.WordToComplete));
        _limit.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out int limit) && limit < 0)
            {
                result.AddError($"--limit: \"{limit}\" is negative; write 0 for all, or how many");
            }
        });
        HasFilter = filter;
    }

    private bool HasFilter { get; }

    /// <summary>An option that takes a filter, and is completed with fields and words.</summary>
    public static Option<string> Filter(string collection, string description)
    {
        Option<string> option = new("--filter")
        {
            Description = $"{description}; * in a text is anything, : asks a list. Fields: {string.Join(", ", ListFields.Of(collection).Select(f => f.Name))}.",
            HelpName = "EXPRESSION",
            DefaultValueFactory = _ => "",
        };
        option.CompletionSources.Add(context => ListFields.CompleteFilter(collection, context.WordToComplete));
        return option;
    }

    public Command AddTo(Command command)
    {
        if (HasFilter)
        {
            command.Add(_filter);
        }

        command.Add(_order);
        command.Add(_limit);
        command.Add(_mask);
        return command;
    }

    /// <summary>Reads page after page, until all are there or as many as were wanted.</summary>
    /// <param name="parsed">The line.</param>
    /// <param name="read">Reads one, and says how many there are so far and where the next begins.</param>
    public async Task ReadAsync(ParseResult parsed, Func<ListPage, Task<(int Count, string NextPageToken)>> read)
    {
        string filter = HasFilter ? parsed.GetRequiredValue(_filter) : "";
        string mask = parsed.GetRequiredValue(_mask);
        int most = parsed.GetValue(_limit);
        int count = 0;
        string token = "";
        do
        {
            int size = most > 0 ? Math.Min(LargestPage, most - count) : LargestPage;
            FieldMask? fields = mask.Length == 0 ? null : new FieldMask { Paths = { mask.Split(',', StringSplitOptions.TrimEntries) } };
            (count, token) = await read(new ListPage(filter, parsed.GetRequiredValue(_order), size, token, fields));
        }
        while (token.Length > 0 && (most == 0 || count < most));
    }
}
