namespace NetControl.Server.Security;

/// <summary>What a caller may do; each role may do all that the one before it may.</summary>
internal enum Role
{
    None,
    Viewer,
    Operator,
    Admin,
}
