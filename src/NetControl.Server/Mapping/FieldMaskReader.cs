using Google.Protobuf.WellKnownTypes;
using NetControl.ControlPlane.Validation;

namespace NetControl.Server.Mapping;

/// <summary>Reads an update mask: which fields a request changes.</summary>
/// <remarks>Absent means those that are set; <c>*</c> means all; a path that cannot be updated is a violation (AIP-134).</remarks>
internal readonly struct FieldMaskReader
{
    private readonly HashSet<string>? _paths;

    public FieldMaskReader(FieldMask? mask, IReadOnlyCollection<string> writable, string resource = "")
    {
        if (mask is not { Paths.Count: > 0 })
        {
            return;
        }

        _paths = new HashSet<string>(mask.Paths, StringComparer.Ordinal);
        ViolationList violations = new();
        for (int i = 0; i < mask.Paths.Count; i++)
        {
            if (mask.Paths[i] != "*" && !writable.Contains(mask.Paths[i], StringComparer.Ordinal))
            {
                violations.Add($"update_mask.paths[{i}]", mask.Paths[i], "is not a field that can be updated",
                    $"write {string.Join(", ", writable)} or *", "INVALID_FIELD_MASK");
            }
        }

        violations.ThrowIfAny(resource);
    }

    /// <summary>Whether a field changes.</summary>
    /// <param name="path">Its name.</param>
    /// <param name="isSet">Whether the request's resource has it.</param>
    public bool Covers(string path, bool isSet) => _paths is null ? isSet : _paths.Contains("*") || _paths.Contains(path);
}
