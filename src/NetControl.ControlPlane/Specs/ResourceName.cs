using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace NetControl.ControlPlane.Specs;

/// <summary>The grammar of resource names: a collection, a slash, and an id of 1 to 63 characters <c>[a-z][a-z0-9-]*</c>.</summary>
public static class ResourceName
{
    /// <summary>The collection of devices.</summary>
    public const string Devices = "devices";

    /// <summary>The collection of delegates.</summary>
    public const string Delegates = "delegates";

    /// <summary>The collection of proxies.</summary>
    public const string Proxies = "proxies";

    /// <summary>The collection of policies.</summary>
    public const string Policies = "policies";

    private const string SessionInfix = "/sessions/s";

    /// <summary>Whether the text is an id.</summary>
    public static bool IsId(ReadOnlySpan<char> id)
    {
        if (id.Length is 0 or > 63 || !char.IsAsciiLetterLower(id[0]))
        {
            return false;
        }

        foreach (char c in id)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-')
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether the text is a name in the collection.</summary>
    public static bool Is(string name, string collection) => TryGetId(name, collection, out _);

    /// <summary>Takes the id out of a name.</summary>
    public static bool TryGetId(string name, string collection, [NotNullWhen(true)] out string? id)
    {
        id = null;
        if (!name.StartsWith(collection, StringComparison.Ordinal)
            || name.Length <= collection.Length + 1
            || name[collection.Length] != '/'
            || !IsId(name.AsSpan(collection.Length + 1)))
        {
            return false;
        }

        id = name[(collection.Length + 1)..];
        return true;
    }

    /// <summary>Makes the name of a session.</summary>
    public static string Session(string device, ulong id) => string.Create(CultureInfo.InvariantCulture, $"{device}{SessionInfix}{id}");

    /// <summary>Takes a session's name apart.</summary>
    public static bool TryParseSession(string name, out string device, out ulong id)
    {
        id = 0;
        int infix = name.IndexOf(SessionInfix, StringComparison.Ordinal);
        device = infix < 0 ? "" : name[..infix];
        return infix > 0
            && Is(device, Devices)
            && ulong.TryParse(name.AsSpan(infix + SessionInfix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out id);
    }

    /// <summary>Makes an id where the client left the choice to the server.</summary>
    public static string NewId(string prefix) => $"{prefix}-{Guid.NewGuid():N}"[..(prefix.Length + 9)];
}
