using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Validation;

namespace NetControl.Server.Mapping;

/// <summary>Names of resources that a request makes.</summary>
internal static class NameMapping
{
    /// <summary>The name of a resource to create: from the id, else from the message, else made here.</summary>
    public static string ToCreate(string collection, string prefix, string idField, string id, string nameField, string name)
    {
        ViolationList violations = new();
        string fromId = $"{collection}/{id}";
        if (id.Length > 0 && !ResourceName.IsId(id))
        {
            violations.Add(idField, id, "is not an id", $"write 1 to 63 characters [a-z][a-z0-9-]*, e.g. {prefix}0", "INVALID_NAME");
        }
        else if (id.Length > 0 && name.Length > 0 && name != fromId)
        {
            violations.Add(nameField, name, $"contradicts {idField} \"{id}\"", $"leave one of them out, or write {fromId}", "CONFLICT");
        }

        violations.ThrowIfAny(name);
        return id.Length > 0 ? fromId : name.Length > 0 ? name : $"{collection}/{ResourceName.NewId(prefix)}";
    }
}
