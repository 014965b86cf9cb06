using Google.Protobuf;
using Google.Protobuf.Reflection;
using NetControl.Protocol.V1;

namespace NetControl.Cli.Input;

/// <summary>Reads a configuration document, from a file or from standard input.</summary>
internal static class DocumentReader
{
    // What a server's own file says of the server itself is not a part of what can be applied.
    private static readonly string[] s_applicable = ["proxies", "delegates", "devices", "policies"];

    /// <exception cref="DocumentException">With every fault.</exception>
    public static async Task<Configuration> ReadAsync(string file, CancellationToken cancellationToken) =>
        Parse(await ReadTextAsync(file, cancellationToken), file);

    /// <summary>The text of a file, or of standard input.</summary>
    /// <exception cref="DocumentException">It cannot be read.</exception>
    public static async Task<string> ReadTextAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            return file == "-" ? await Console.In.ReadToEndAsync(cancellationToken) : await File.ReadAllTextAsync(file, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DocumentException($"{file} cannot be read: {e.Message}");
        }
    }

    public static Configuration Parse(string text, string file)
    {
        Configuration document = Parse<Configuration>(text, file);
        foreach (FieldDescriptor field in Configuration.Descriptor.Fields.InDeclarationOrder().Where(f => !s_applicable.Contains(f.Name)))
        {
            field.Accessor.Clear(document);
        }

        return document;
    }

    /// <summary>Reads any message.</summary>
    /// <exception cref="DocumentException">With every fault.</exception>
    public static T Parse<T>(string text, string file)
        where T : IMessage<T>, new()
    {
        List<string> faults = [];
        string json = YamlDocument.ToJson(text, new T().Descriptor, faults);
        if (faults.Count > 0)
        {
            throw new DocumentException($"{file}:\n{string.Join('\n', faults.Select(fault => $"  {fault}"))}");
        }

        try
        {
            return JsonParser.Default.Parse<T>(json);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new DocumentException($"{file}: {e.Message}");
        }
    }
}
