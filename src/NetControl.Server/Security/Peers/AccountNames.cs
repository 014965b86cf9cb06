using System.Globalization;

namespace NetControl.Server.Security.Peers;

/// <summary>Users and groups by name or number, from /etc/passwd and /etc/group.</summary>
/// <remarks>The C library would also ask the network; what decides who may reroute a machine is better found on the machine.</remarks>
internal static class AccountNames
{
    public static uint? User(string text) => Find(text, "/etc/passwd");

    public static uint? Group(string text) => Find(text, "/etc/group");

    internal static uint? Find(string text, string file)
    {
        if (uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint number))
        {
            // -1 is "leave as it is" to chown(2), and nobody's number.
            return number == uint.MaxValue ? null : number;
        }

        try
        {
            foreach (string line in File.ReadLines(file))
            {
                string[] parts = line.Split(':');
                if (parts.Length > 2 && parts[0] == text)
                {
                    return uint.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out uint id) ? id : null;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A container without the file has numbers only.
        }

        return null;
    }
}
