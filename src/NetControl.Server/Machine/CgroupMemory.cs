using System.Globalization;

namespace NetControl.Server.Machine;

/// <summary>How much memory the process's cgroup grants, of version 1 or 2.</summary>
internal static class CgroupMemory
{
    // Version 1 says "no limit" with the largest number of whole pages.
    private const long Absurd = 1L << 60;

    /// <summary>The smallest limit on the way from the process's group to the root of the hierarchy that can be seen; null for none.</summary>
    /// <param name="root">Where the file system begins: <c>/</c>, or a test's folder.</param>
    public static long? Limit(string root)
    {
        long? least = null;
        foreach (string line in KernelFile.Lines(Path.Combine(root, "proc/self/cgroup")))
        {
            // hierarchy:controllers:path; version 2 has number 0 and no controllers.
            string[] parts = line.Split(':', 3);
            if (parts.Length != 3)
            {
                continue;
            }

            if (parts[0] == "0" && parts[1].Length == 0)
            {
                Visit(Path.Combine(root, "sys/fs/cgroup"), parts[2], "memory.max", ref least);
                Visit(Path.Combine(root, "sys/fs/cgroup/unified"), parts[2], "memory.max", ref least);
            }
            else if (parts[1].Split(',').Contains("memory"))
            {
                Visit(Path.Combine(root, "sys/fs/cgroup/memory"), parts[2], "memory.limit_in_bytes", ref least);
            }
        }

        return least;
    }

    // In a container the path is often the host's, and what can be seen begins at the container's own group: then only the top is there.
    private static void Visit(string mount, string path, string file, ref long? least)
    {
        for (string group = path.Trim('/'); ; group = Path.GetDirectoryName(group) ?? "")
        {
            string text = KernelFile.Lines(Path.Combine(mount, group, file)).FirstOrDefault("");
            if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long limit) && limit < Absurd)
            {
                least = Math.Min(least ?? limit, limit);
            }

            if (group.Length == 0)
            {
                return;
            }
        }
    }
}
