using System.Text;
using NetControl.Network;
using NetControl.Transport.Chains;

namespace NetControl.Server.Mapping;

/// <summary>The text of one hop as it is made from a message, which knows what field stands where in it.</summary>
/// <remarks>So that a message is judged by the rules of the text, and the fault is told in the message's words.</remarks>
internal sealed class HopPart
{
    private readonly StringBuilder _text = new();
    private readonly List<(int Start, string Field)> _marks = [];
    private readonly List<(string Field, string Problem)> _faults = [];
    private char? _separator;

    public HopPart(string scheme) => _text.Append(scheme).Append(':');

    /// <summary>The text.</summary>
    public string Text => _text.ToString();

    /// <summary>What could not be put into a text.</summary>
    public IReadOnlyList<(string Field, string Problem)> Faults => _faults;

    /// <summary>The field whose text begins at an offset; null if none does.</summary>
    public string? FieldAt(int offset)
    {
        int at = _marks.FindLastIndex(mark => mark.Start == offset);
        return at < 0 ? null : _marks[at].Field;
    }

    /// <summary>Adds a field's text as it is.</summary>
    public HopPart Field(string field, string text)
    {
        _marks.Add((_text.Length, field));
        _text.Append(text);
        return this;
    }

    /// <summary>Adds text that is no field's.</summary>
    public HopPart Literal(string text)
    {
        _text.Append(text);
        return this;
    }

    /// <summary>Adds a server, with user info before it that is percent-encoded already; options follow a question mark.</summary>
    public HopPart Server(string server, string userInfoField = "", string? userInfo = null)
    {
        // What a URL gives a meaning of its own would be read as more than a server.
        if (server.AsSpan().ContainsAny("@?#|") || !HostPort.TryParse(server, out HostPort address) || address.Port == 0)
        {
            _faults.Add(("server", "is not host:port; write e.g. 192.0.2.1:1080 or [2001:db8::1]:1080"));
        }

        Literal("//");
        if (userInfo is not null)
        {
            Field(userInfoField, userInfo).Literal("@");
        }

        _separator = '?';
        return Field("server", server);
    }

    /// <summary>Adds an option; null is none.</summary>
    public HopPart Option(string key, string field, string? value) => Encoded(key, field, value is null ? null : HopOptions.Encode(value));

    /// <summary>Adds an option that is percent-encoded already; null is none.</summary>
    public HopPart Encoded(string key, string field, string? value)
    {
        if (value is null)
        {
            return this;
        }

        if (_separator is { } separator)
        {
            _text.Append(separator);
        }

        _separator = '&';
        return Literal(key + "=").Field(field, value);
    }

    /// <summary>Adds an option that has to be there.</summary>
    public HopPart Required(string key, string field, string value, string example)
    {
        if (value.Length == 0)
        {
            _faults.Add((field, $"is missing; write e.g. {example}"));
        }

        return Option(key, field, value);
    }

    /// <summary>Notes a fault of a field.</summary>
    public HopPart Fault(string field, string problem)
    {
        _faults.Add((field, problem));
        return this;
    }
}
