using System.Globalization;
using System.Text.RegularExpressions;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using YamlDotNet.RepresentationModel;

namespace NetControl.Server.Configuration;

/// <content>Single values, each as its field's type has it.</content>
internal sealed partial class YamlToProtoJson
{
    private void WriteValue(YamlNode node, FieldDescriptor descriptor, string path, string? name)
    {
        if (descriptor.FieldType == FieldType.Message && descriptor.MessageType.FullName != Duration.Descriptor.FullName)
        {
            if (name is not null)
            {
                _json.WritePropertyName(name);
            }

            WriteMessage(node, descriptor.MessageType, path);
            return;
        }

        if (node is not YamlScalarNode { Value: { } text })
        {
            Fault(path, node, "is not a single value", "write one value, without fields or entries of its own");
            WriteDefault(descriptor, name);
            return;
        }

        switch (descriptor.FieldType)
        {
            case FieldType.String:
                WriteString(name, text);
                return;
            case FieldType.Message when DurationPattern().IsMatch(text):
                WriteString(name, text);
                return;
            case FieldType.Message:
                Fault(path, node, "is not a duration", "write seconds with an s, e.g. \"30s\"");
                return;
            case FieldType.Bool when text is "true" or "false":
                WriteLiteral(name, text);
                return;
            case FieldType.Bool:
                Fault(path, node, "is not true or false", "write true or false");
                return;
            case FieldType.Bytes when System.Convert.TryFromBase64String(text, new byte[text.Length], out _):
                WriteString(name, text);
                return;
            case FieldType.Bytes:
                Fault(path, node, "is not base64", "write e.g. \"SFRUUA==\"");
                return;
            case FieldType.Enum:
                WriteEnum(node, text, descriptor, path, name);
                return;
            default:
                WriteNumber(node, text, descriptor, path, name);
                return;
        }
    }

    private void WriteNumber(YamlNode node, string text, FieldDescriptor descriptor, string path, string? name)
    {
        bool unsigned = descriptor.FieldType is FieldType.UInt32 or FieldType.UInt64;
        if (descriptor.FieldType == FieldType.UInt64
            && ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong large))
        {
            WriteString(name, large.ToString(CultureInfo.InvariantCulture)); // ProtoJSON: a JSON number holds 53 bits only
        }
        else if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            && number >= (unsigned ? 0 : int.MinValue)
            && number <= (unsigned ? uint.MaxValue : int.MaxValue))
        {
            WriteLiteral(name, number.ToString(CultureInfo.InvariantCulture));
        }
        else
        {
            Fault(path, node, unsigned ? "is not a number from 0 on" : "is not a number", "write digits only, e.g. 1500");
        }
    }

    // AFTER_CONNECT, or after_connect, is as good as ACCEPT_MODE_AFTER_CONNECT: the prefix is for programs.
    private void WriteEnum(YamlNode node, string text, FieldDescriptor descriptor, string path, string? name)
    {
        IList<EnumValueDescriptor> values = descriptor.EnumType.Values;
        string prefix = values[0].Name[..^"UNSPECIFIED".Length];
        EnumValueDescriptor? value = values.FirstOrDefault(v =>
            string.Equals(v.Name, text, StringComparison.OrdinalIgnoreCase)
            || string.Equals(v.Name, prefix + text, StringComparison.OrdinalIgnoreCase));
        if (value is null)
        {
            IEnumerable<string> known = values.Skip(1).Select(v => v.Name[prefix.Length..]);
            Fault(path, node, "is not a known value", $"write one of {string.Join(", ", known)}");
        }
        else
        {
            WriteString(name, value.Name);
        }
    }

    private void WriteString(string? name, string value)
    {
        if (name is not null)
        {
            _json.WritePropertyName(name);
        }

        _json.WriteStringValue(value);
    }

    private void WriteLiteral(string? name, string literal)
    {
        if (name is not null)
        {
            _json.WritePropertyName(name);
        }

        _json.WriteRawValue(literal);
    }

    // Keeps the places of later entries: a faulty entry of a list is still an entry.
    private void WriteDefault(FieldDescriptor descriptor, string? name)
    {
        if (name is null && descriptor.FieldType == FieldType.String)
        {
            _json.WriteStringValue("");
        }
    }

    [GeneratedRegex("^-?[0-9]{1,12}(\\.[0-9]{1,9})?s$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DurationPattern();
}
