namespace NetControl.Server.Machine;

/// <summary>A file in which the kernel tells something, where it does.</summary>
internal static class KernelFile
{
    /// <summary>Its lines; none where it is not there, or not for this user.</summary>
    public static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
