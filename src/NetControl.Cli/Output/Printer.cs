using Google.Protobuf;

namespace NetControl.Cli.Output;

/// <summary>Prints answers as tables or as ProtoJSON, one document a line.</summary>
internal sealed class Printer
{
    private static readonly JsonFormatter s_json = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));
    private readonly TextWriter _output;
    private readonly bool _asJson;

    public Printer(TextWriter output, bool asJson)
    {
        _output = output;
        _asJson = asJson;
    }

    /// <summary>Whether answers are JSON.</summary>
    public bool AsJson => _asJson;

    public void Print(IMessage message, Func<string> table)
    {
        if (_asJson)
        {
            _output.WriteLine(s_json.Format(message));
        }
        else
        {
            _output.Write(table());
        }

        _output.Flush();
    }

    public void PrintLines(IMessage message, Func<IEnumerable<string>> lines)
    {
        if (_asJson)
        {
            _output.WriteLine(s_json.Format(message));
        }
        else
        {
            foreach (string line in lines())
            {
                _output.WriteLine(line);
            }
        }

        _output.Flush();
    }
}
