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
    public static string Chain(string text) => text.Length == 0 || IsRedacted(text) ? text
        : HopRegistry.Standard.TryParse(text, out Chain? chain, out _) ? chain.Redacted
        : Redacted;

    // What reads show is no chain: it names no password. With some secret in the place of the word it is one, that looks the same.
    private static bool IsRedacted(string text) =>
        HopRegistry.Standard.TryParse(text.Replace($"{Redacted}@", "u:p@", StringComparison.Ordinal), out Chain? chain, out _) && chain.Redacted == text;

    private static void Clean(IMessage message)
    {
        if (message is V1.Proxy proxy)
        {
            proxy.Config = Chain(proxy.Config);
        }

        foreach (FieldDescriptor field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (field.FieldType == FieldType.Message)
            {
                CleanBelow(field.Accessor.GetValue(message));
            }
            else if (!field.IsRepeated && s_secretNames.Contains(field.Name))
            {
                Blank(field, message);
            }
        }
    }

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
