namespace NetControl.Server.Gateway;

/// <summary>One segment of a path template.</summary>
/// <param name="Literal">The text that it must be; null for a wildcard.</param>
/// <param name="IsMany">Whether the wildcard takes any number of segments.</param>
/// <param name="Variable">Which variable it belongs to; -1 is none.</param>
internal readonly record struct PathSegment(string? Literal, bool IsMany, int Variable);
