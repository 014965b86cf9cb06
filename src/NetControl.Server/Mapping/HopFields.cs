using Google.Protobuf;
using Google.Protobuf.Reflection;
using NetControl.ControlPlane.Validation;
using NetControl.Server.Audit;
using NetControl.Transport.Chains;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Mapping;

/// <summary>How the fields of hops are called in violations: where their list stands, and in whose spelling.</summary>
/// <param name="Prefix">The path of whose they are, with a dot behind it, e.g. <c>proxy.</c>; or empty.</param>
/// <param name="Json">Whether names are lowerCamelCase, as in documents.</param>
internal sealed record HopFields(string Prefix, bool Json)
{
    private const string Reason = "INVALID_PROXY_CONFIG";

    /// <summary>A proxy in a request of its own.</summary>
    public static readonly HopFields Request = new("proxy.", Json: false);

    /// <summary>A chain that is probed.</summary>
    public static readonly HopFields Probe = new("", Json: false);

    /// <summary>A proxy in a document.</summary>
    public static HopFields Document(int index) => new($"proxies[{index}].", Json: true);

    /// <summary>Adds that a hop is of no kind.</summary>
    public void AddEmpty(int index, ViolationList violations) => violations.AddText(
        $"{Prefix}hops[{index}]",
        $"is of no kind; set one of {string.Join(", ", V1.Hop.Descriptor.Oneofs[0].Fields.Select(Name))}",
        Reason);

    /// <summary>Adds what is wrong with a hop's field, or with the hop if the field is null; quotes the value unless it is a secret.</summary>
    public void Add(V1.Hop hop, int index, string? field, string problem, ViolationList violations)
    {
        FieldDescriptor kind = KindOf(hop);
        string path = $"{Prefix}hops[{index}].{Name(kind)}";
        if (field is null)
        {
            violations.AddText(path, problem, Reason);
            return;
        }

        int bracket = field.IndexOf('[', StringComparison.Ordinal);
        FieldDescriptor inner = kind.MessageType.FindFieldByName(bracket < 0 ? field : field[..bracket]);
        object? value = inner.IsRepeated ? null : inner.Accessor.GetValue((IMessage)kind.Accessor.GetValue(hop));

        // A server with an @ and a method that is none may be secrets in the wrong place.
        bool quoted = !Redaction.IsSecret(inner) && inner.Name != "method"
            && (value is string { Length: > 0 and <= 255 } text ? !text.Contains('@', StringComparison.Ordinal) : value is uint or int);
        violations.AddText(
            $"{path}.{Name(inner)}{(bracket < 0 ? "" : field[bracket..])}",
            quoted && !problem.Contains($"'{value}'", StringComparison.Ordinal) ? $"\"{value}\": {problem}" : problem,
            Reason);
    }

    /// <summary>Adds each secret of a hop that was redacted; says whether there is one.</summary>
    public bool AddRedacted(V1.Hop hop, int index, ViolationList violations)
    {
        FieldDescriptor kind = KindOf(hop);
        IMessage message = (IMessage)kind.Accessor.GetValue(hop);
        bool any = false;
        foreach (FieldDescriptor field in kind.MessageType.Fields.InDeclarationOrder())
        {
            if (Redaction.IsSecret(field) && field.Accessor.GetValue(message) is Hop.RedactedSecret)
            {
                violations.AddText($"{Prefix}hops[{index}].{Name(kind)}.{Name(field)}",
                    $"REDACTED stands where the secret was; write it{(this == Probe ? "" : ", or leave hops out of update_mask")}", Reason);
                any = true;
            }
        }

        return any;
    }

    private static FieldDescriptor KindOf(V1.Hop hop) => V1.Hop.Descriptor.Oneofs[0].Accessor.GetCaseFieldDescriptor(hop);

    private string Name(FieldDescriptor field) => Json ? field.JsonName : field.Name;
}
