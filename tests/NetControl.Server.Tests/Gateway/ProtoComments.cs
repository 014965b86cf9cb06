using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Google.Protobuf.Reflection;

namespace NetControl.Server.Tests.Gateway;

/// <summary>The comments of the protos, by full name; protoc reads them.</summary>
internal sealed class ProtoComments
{
    private readonly Dictionary<string, string> _comments = new(StringComparer.Ordinal);

    /// <summary>The folder <c>protos/</c> of this repository.</summary>
    public static string Folder { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, "../../../protos"));

    public static ProtoComments Read()
    {
        string tools = Metadata("GrpcTools");
        string machine = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "linux_arm64" : "linux_x64";
        string output = Path.GetTempFileName();
        try
        {
            string[] files = [.. Directory.GetFiles(Folder, "*.proto", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
            string[] options = [$"-I{Folder}", $"-I{Metadata("CommonProtos")}/content/protos", $"-I{tools}/build/native/include",
                "--include_source_info", $"--descriptor_set_out={output}"];
            using Process protoc = Process.Start(
                new ProcessStartInfo($"{tools}/tools/{machine}/protoc", [.. options, .. files])
                {
                    RedirectStandardError = true,
                    UseShellExecute = false,
                })!;
            string errors = protoc.StandardError.ReadToEnd();
            protoc.WaitForExit();
            Assert.True(protoc.ExitCode == 0, errors);
            ProtoComments comments = new();
            foreach (FileDescriptorProto file in FileDescriptorSet.Parser.ParseFrom(File.ReadAllBytes(output)).File)
            {
                comments.Add(file);
            }

            return comments;
        }
        finally
        {
            File.Delete(output);
        }
    }

    public string Of(string fullName) => _comments.GetValueOrDefault(fullName, "");

    private static string Here([CallerFilePath] string path = "") => path;

    private static string Metadata(string key) => typeof(ProtoComments).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(a => a.Key == key).Value!.TrimEnd('/');

    // A path is field numbers and indexes from FileDescriptorProto down: 4 messages, 5 enums, 6 services; in them 2 fields, 3 nested
    // messages, 4 nested enums, 2 values or methods.
    private void Add(FileDescriptorProto file)
    {
        foreach (SourceCodeInfo.Types.Location location in file.SourceCodeInfo.Location)
        {
            if (location.LeadingComments.Length > 0 && Name(file, [.. location.Path]) is { } name)
            {
                _comments[name] = Clean(location.LeadingComments);
            }
        }
    }

    private static string? Name(FileDescriptorProto file, int[] path) => path switch
    {
        [4, int m, .. int[] rest] => InMessage($"{file.Package}.", file.MessageType[m], rest),
        [5, int e, .. int[] rest] => InEnum($"{file.Package}.", file.EnumType[e], rest),
        [6, int s] => $"{file.Package}.{file.Service[s].Name}",
        [6, int s, 2, int m] => $"{file.Package}.{file.Service[s].Name}.{file.Service[s].Method[m].Name}",
        _ => null,
    };

    private static string? InMessage(string prefix, DescriptorProto message, int[] path) => path switch
    {
        [] => prefix + message.Name,
        [2, int f] => $"{prefix}{message.Name}.{message.Field[f].Name}",
        [3, int m, .. int[] rest] => InMessage($"{prefix}{message.Name}.", message.NestedType[m], rest),
        [4, int e, .. int[] rest] => InEnum($"{prefix}{message.Name}.", message.EnumType[e], rest),
        _ => null,
    };

    private static string? InEnum(string prefix, EnumDescriptorProto type, int[] path) => path switch
    {
        [] => prefix + type.Name,
        [2, int v] => $"{prefix}{type.Name}.{type.Value[v].Name}",
        _ => null,
    };

    private static string Clean(string comment) => string.Join('\n', comment.Split('\n').Select(line =>
        line.StartsWith(' ') ? line[1..].TrimEnd() : line.TrimEnd())).Trim();
}
