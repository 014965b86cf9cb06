using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Security;

/// <summary>Roles as files and messages write them.</summary>
internal static class RoleNames
{
    public static Role? Parse(string text) => text switch
    {
        "viewer" => Role.Viewer,
        "operator" => Role.Operator,
        "admin" => Role.Admin,
        _ => null,
    };

    public static Role? ToRole(this V1.Role role) => role switch
    {
        V1.Role.None => Role.None,
        V1.Role.Viewer => Role.Viewer,
        V1.Role.Operator => Role.Operator,
        V1.Role.Admin => Role.Admin,
        _ => null,
    };
}
