using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace NetControl.Server.Audit;

/// <summary>What every request of the API has in common, read by the field names of common.proto.</summary>
internal static class RequestFacts
{
    private const int MostNames = 16;

    /// <summary>The resource that a request is about: its name, its names, or that of the resource inside; else the answer's.</summary>
    public static string Resource(IMessage? request, IMessage? response)
    {
        if (request is null)
        {
            return "";
        }

        string name = Text(request, "name");
        if (name.Length > 0)
        {
            return name;
        }

        if (request.Descriptor.FindFieldByName("names")?.Accessor.GetValue(request) is IEnumerable names)
        {
            name = string.Join(',', names.Cast<object>().Take(MostNames));
        }

        return First(name, Inside(request), Inside(response), FromId(request), Text(request, "parent"));
    }

    public static string Text(IMessage message, string field) =>
        message.Descriptor.FindFieldByName(field) is { FieldType: FieldType.String, IsRepeated: false } found
            ? (string)found.Accessor.GetValue(message) : "";

    public static bool Flag(IMessage message, string field) =>
        message.Descriptor.FindFieldByName(field) is { FieldType: FieldType.Bool, IsRepeated: false } found
            && (bool)found.Accessor.GetValue(message);

    private static string Inside(IMessage? message)
    {
        foreach (FieldDescriptor field in message?.Descriptor.Fields.InDeclarationOrder() ?? [])
        {
            if (field is { FieldType: FieldType.Message, IsRepeated: false } && field.Accessor.GetValue(message) is IMessage inner
                && Text(inner, "name") is { Length: > 0 } name)
            {
                return name;
            }
        }

        return "";
    }

    // device_id: tun0 -> devices/tun0, proxy_id: a -> proxies/a.
    private static string FromId(IMessage request)
    {
        foreach (FieldDescriptor field in request.Descriptor.Fields.InDeclarationOrder())
        {
            if (field.Name.EndsWith("_id", StringComparison.Ordinal) && field.Name != "request_id"
                && Text(request, field.Name) is { Length: > 0 } id)
            {
                string kind = field.Name[..^3];
                return kind.EndsWith('y') ? $"{kind[..^1]}ies/{id}" : $"{kind}s/{id}";
            }
        }

        return "";
    }

    private static string First(params ReadOnlySpan<string> texts)
    {
        foreach (string text in texts)
        {
            if (text.Length > 0)
            {
                return text;
            }
        }

        return "";
    }
}
