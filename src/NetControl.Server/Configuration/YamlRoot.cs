using NetControl.ControlPlane.Validation;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace NetControl.Server.Configuration;

/// <summary>Reads the one YAML document of a text; whatever is wrong with it is a violation, never an exception.</summary>
internal static class YamlRoot
{
    /// <summary>The one document's root; null where it is empty, or faulty, which is added.</summary>
    public static YamlNode? Parse(string yaml, ViolationList violations)
    {
        YamlStream stream = [];
        try
        {
            string? fault = YamlShape.FindFault(yaml);
            if (fault is not null)
            {
                violations.AddText("document", $"is not YAML: {fault}", "INVALID_YAML");
                return null;
            }

            using StringReader reader = new(yaml);
            stream.Load(reader);
        }
        catch (YamlException e)
        {
            violations.AddText("document",
                $"is not YAML: line {e.Start.Line}, column {e.Start.Column}: {e.InnerException?.Message ?? e.Message}", "INVALID_YAML");
            return null;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Events that each are right and make no tree together: ArgumentException, for one.
            violations.AddText("document", $"is not YAML: {e.Message}", "INVALID_YAML");
            return null;
        }

        if (stream.Documents.Count > 1)
        {
            violations.AddText("document", $"holds {stream.Documents.Count} YAML documents; write one", "INVALID_YAML");
            return null;
        }

        return stream.Documents.Count == 0 || IsNull(stream.Documents[0].RootNode) ? null : stream.Documents[0].RootNode;
    }

    /// <summary>Whether a value says that there is none.</summary>
    public static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain } scalar && scalar.Value is null or "" or "~" or "null";
}
