using System.Text;
using Google.Protobuf.Reflection;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Tests.Gateway;

/// <summary>protos/CONFIGURATION.md: every field that a configuration file may have, in the protos' own words.</summary>
public sealed class ConfigurationReferenceTests
{
    [Fact]
    public void Reference_IsWhatTheProtosSay()
    {
        ProtoComments comments = ProtoComments.Read();
        StringBuilder text = new("""
            # The configuration file

            `netcontrold --config FILE`: YAML, the fields of `netcontrol.v1.Configuration` in lowerCamelCase. Made from the protos by a test
            (`NETCONTROL_UPDATE_GOLDEN=1`); fields that only the server writes are left out. A duration is written `"30s"`.

            """);
        HashSet<string> seen = new(StringComparer.Ordinal);
        Queue<MessageDescriptor> waiting = new([V1.Configuration.Descriptor]);
        while (waiting.TryDequeue(out MessageDescriptor? message))
        {
            if (!seen.Add(message.FullName))
            {
                continue;
            }

            text.Append("\n## ").Append(message.Name).Append("\n\n").Append(comments.Of(message.FullName)).Append('\n');
            bool first = true;
            foreach (FieldDescriptor field in message.Fields.InDeclarationOrder())
            {
                string comment = comments.Of(field.FullName);
                if (comment.Contains("Output only.", StringComparison.Ordinal))
                {
                    continue;
                }

                text.Append(first ? "\n" : "").Append("- `").Append(field.JsonName).Append("` (").Append(TypeOf(field)).Append("): ")
                    .Append(comment.Replace("\n", "\n  ", StringComparison.Ordinal).Replace("\n  \n", "\n\n", StringComparison.Ordinal)).Append('\n');
                first = false;
                if (field.FieldType == FieldType.Message && IsOurs(field.MessageType))
                {
                    waiting.Enqueue(field.MessageType);
                }
            }
        }

        GoldenFile.Check("protos/CONFIGURATION.md", text.ToString());
        Assert.True(seen.Count > 10);
    }

    private static bool IsOurs(MessageDescriptor message) => message.File.Package == "netcontrol.v1";

    private static string TypeOf(FieldDescriptor field)
    {
        string one = field.FieldType switch
        {
            FieldType.Message => IsOurs(field.MessageType) ? field.MessageType.Name : field.MessageType.Name.ToLowerInvariant(),
            FieldType.Enum => string.Join(", ", field.EnumType.Values.Where(value => value.Number != 0).Select(value => $"`{Short(value)}`")),
            _ => field.FieldType.ToString().ToLowerInvariant(),
        };
        return field.IsRepeated ? $"list of {one}" : one;
    }

    // A file may leave out the prefix that the enum's name is.
    private static string Short(EnumValueDescriptor value)
    {
        string prefix = NetControl.Server.Mapping.Words.UpperSnake(value.EnumDescriptor.Name) + "_";
        return value.Name.StartsWith(prefix, StringComparison.Ordinal) ? value.Name[prefix.Length..] : value.Name;
    }
}
