namespace NetControl.Testing;

/// <summary>A file system of a few hundred KiB in memory, for tests of what happens when it is full or read-only.</summary>
/// <remarks>Needs root, to mount it; see <see cref="NetNamespace.RequireRoot"/>. Lifetime: disposal unmounts it.</remarks>
public sealed class SmallDisk : IDisposable
{
    private const string Filler = "filler";

    private SmallDisk(string path) => Path = path;

    /// <summary>Where it is mounted.</summary>
    public string Path { get; }

    /// <summary>Mounts one of so many bytes.</summary>
    public static SmallDisk Mount(long bytes = 512 << 10)
    {
        NetNamespace.RequireRoot();
        SmallDisk disk = new(Directory.CreateTempSubdirectory("netcontrol-disk-").FullName);
        MustRun("mount", "-t", "tmpfs", "-o", $"size={bytes},mode=700", "tmpfs", disk.Path);
        return disk;
    }

    /// <summary>Takes all the space that is left.</summary>
    public void Fill()
    {
        byte[] piece = new byte[4096];
        using FileStream filler = new(System.IO.Path.Combine(Path, Filler), FileMode.Append, FileAccess.Write, FileShare.None, 0);
        try
        {
            while (true)
            {
                filler.Write(piece);
            }
        }
        catch (IOException)
        {
            // Full: as it should be.
        }
    }

    /// <summary>Gives the space back.</summary>
    public void Free() => File.Delete(System.IO.Path.Combine(Path, Filler));

    /// <summary>Nothing can be written any more.</summary>
    public void MakeReadOnly() => MustRun("mount", "-o", "remount,ro", Path);

    /// <inheritdoc/>
    public void Dispose()
    {
        NetNamespace.RunCommand("umount", "-l", Path);
        Directory.Delete(Path);
    }

    private static void MustRun(string file, params string[] arguments)
    {
        CommandResult result = NetNamespace.RunCommand(file, arguments);
        if (result.ExitCode != 0)
        {
            throw new InvalidOperationException($"{file} {string.Join(' ', arguments)}: {result.Error}");
        }
    }
}
