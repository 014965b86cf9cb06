using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using NetControl.Transport.Chains;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Audit;

/// <summary>Takes the secrets out of a message, wherever in it they are.</summary>
internal static class Redaction
{
    private const string Redacted = "REDACTED";

    // A chain's text, in whatever message: a proxy's, a probe's.
    private const string ChainField = "config";
    private static readonly HashSet<string> s_secretNames =
        new(["password", "secret", "key", "psk", "private_key", "token", "credential", "credentials", "user_info"], StringComparer.Ordinal);

    /// <summary>A copy without secrets.</summary>
    public static IMessage Copy(IMessage message)
    {
        IMessage copy = message.Descriptor.Parser.ParseFrom(message.ToByteArray());
        Clean(copy);
        return copy;
    }

    /// <summary>A chain's text as reads show it; one that cannot be read may hold anything, and shows nothing.</summary>
    public static string Chain(string text) => HopRegistry.Standard.TrySanitize(text, out string? sanitized, out _) ? sanitized : Redacted;

    /// <summary>Whether a field is a secret: the protos mark it <c>debug_redact</c>, or its name says so.</summary>
    public static bool IsSecret(FieldDescriptor field) =>
        s_secretNames.Contains(field.Name) || field.GetOptions()?.DebugRedact == true;

    /// <summary>Takes the secrets out of a message.</summary>
    public static void Clean(IMessage message)
    {
        foreach (FieldDescriptor field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (field.FieldType == FieldType.Message)
            {
                CleanBelow(field.Accessor.GetValue(message));
            }
            else if (field is { IsRepeated: false, FieldType: FieldType.String, Name: ChainField })
            {
                string text = (string)field.Accessor.GetValue(message);
                if (text.Length > 0)
                {
                    field.Accessor.SetValue(message, Chain(text)); // setting an empty one would choose it in its oneof
                }
            }
            else if (!field.IsRepeated && (IsSecret(field) || IsMisplaced(field, message)))
            {
                Blank(field, message);
            }
        }
    }

    // Who writes a hop's server or method as a URL has them may have put the credentials there as well; no right value holds these marks.
    private static bool IsMisplaced(FieldDescriptor field, IMessage message) =>
        field.File == V1.HopReflection.Descriptor && field.FieldType == FieldType.String
        && ((field.Name == "server" && ((string)field.Accessor.GetValue(message)).Contains('@', StringComparison.Ordinal))
            || (field.Name == "method" && ((string)field.Accessor.GetValue(message)).Contains(':', StringComparison.Ordinal)));

    private static void CleanBelow(object? value)
    {
        switch (value)
        {
            case IMessage inner:
                Clean(inner);
                break;
            case IDictionary map:
                foreach (object? item in map.Values)
                {
                    CleanBelow(item);
                }

                break;
            case IEnumerable items:
                foreach (object? item in items)
                {
                    CleanBelow(item);
                }

                break;
        }
    }

    private static void Blank(FieldDescriptor field, IMessage message)
    {
        if (field.FieldType == FieldType.String && field.Accessor.GetValue(message) is string { Length: > 0 })
        {
            field.Accessor.SetValue(message, Redacted);
        }
        else if (field.FieldType == FieldType.Bytes)
        {
            field.Accessor.SetValue(message, ByteString.Empty);
        }
    }
}
