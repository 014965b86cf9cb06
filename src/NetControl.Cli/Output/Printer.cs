using Google.Protobuf;

namespace NetControl.Cli.Output;

/// <summary>Prints answers as tables, as ProtoJSON, one document a line, or as YAML.</summary>
internal sealed class Printer
{
    private static readonly JsonFormatter s_json = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));
    private readonly TextWriter _output;
    private readonly OutputFormat _format;
    private bool _printed;

    public Printer(TextWriter output, OutputFormat format)
    {
        _output = output;
        _format = format;
    }

    /// <summary>Whether answers are for programs.</summary>
    public bool IsStructured => _format != OutputFormat.Table;

    public void Print(IMessage message, Func<string> table)
    {
        if (IsStructured)
        {
            PrintDocument(s_json.Format(message));
        }
        else
        {
            _output.Write(table());
        }

        _output.Flush();
    }

    /// <summary>Prints a document that is read again by programs or people: defaults are left out.</summary>
    public void PrintDocument(IMessage message)
    {
        PrintDocument(JsonFormatter.Default.Format(message));
        _output.Flush();
    }

    public void PrintLines(IMessage message, Func<IEnumerable<string>> lines)
    {
        if (IsStructured)
        {
            PrintDocument(s_json.Format(message));
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

    /// <summary>Prints a text as it is.</summary>
    public void PrintText(string text)
    {
        _output.Write(text);
        _output.Flush();
    }

    private void PrintDocument(string json)
    {
        if (_format == OutputFormat.Json)
        {
            _output.WriteLine(json);
            return;
        }

        _output.Write(_printed ? "---\n" : "");
        _output.Write(YamlText.Of(json));
        _printed = true;
    }
}
