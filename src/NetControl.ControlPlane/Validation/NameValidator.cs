using NetControl.ControlPlane.Specs;

namespace NetControl.ControlPlane.Validation;

/// <summary>Checks resource names and references.</summary>
internal static class NameValidator
{
    public static bool Check(string name, string collection, string field, ViolationList violations)
    {
        if (ResourceName.Is(name, collection))
        {
            return true;
        }

        violations.Add(field, name, $"is not the name of a {Singular(collection)}",
            $"write {collection}/ and 1 to 63 characters [a-z][a-z0-9-]*, e.g. {Example(collection)}", "INVALID_NAME");
        return false;
    }

    public static bool CheckAttachment(string name, string field, ViolationList violations)
    {
        if (name.Length == 0 || ResourceName.Is(name, ResourceName.Delegates) || ResourceName.Is(name, ResourceName.Proxies))
        {
            return true;
        }

        violations.Add(field, name, "is not the name of a delegate or a proxy", "write e.g. delegates/egress or proxies/upstream",
            "INVALID_NAME");
        return false;
    }

    public static void CheckRequired(string name, string field, ViolationList violations)
    {
        if (name.Length == 0)
        {
            violations.AddText(field, "is missing; write e.g. delegates/egress or proxies/upstream", "REQUIRED");
        }
        else
        {
            CheckAttachment(name, field, violations);
        }
    }

    private static string Singular(string collection) => collection switch
    {
        ResourceName.Proxies => "proxy",
        ResourceName.Policies => "policy",
        _ => collection[..^1],
    };

    private static string Example(string collection) => collection switch
    {
        ResourceName.Devices => "devices/tun0",
        ResourceName.Delegates => "delegates/egress",
        ResourceName.Policies => "policies/default",
        _ => "proxies/upstream",
    };
}
