namespace NetControl.ControlPlane.Probes;

/// <summary>The grammar of the names that a probe can ask for.</summary>
public static class DnsName
{
    /// <summary>Whether it is labels of 1 to 63 characters, 253 in all (RFC 1035 section 2.3.4).</summary>
    public static bool IsValid(string name) => name.Length is > 0 and <= 253
        && name.TrimEnd('.').Split('.').All(label => label.Length is > 0 and <= 63 && label.All(char.IsAscii));
}
