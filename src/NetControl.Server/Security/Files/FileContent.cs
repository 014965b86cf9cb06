namespace NetControl.Server.Security.Files;

/// <summary>A file as it was read.</summary>
/// <param name="Bytes">Its bytes.</param>
/// <param name="WritableByOthers">Whether any user may write to it.</param>
internal sealed record FileContent(byte[] Bytes, bool WritableByOthers)
{
    private const int LargestFile = 1 << 20;

    /// <summary>Reads a file, symbolic links followed.</summary>
    public static FileContent Read(string path)
    {
        using Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle(path);
        long length = RandomAccess.GetLength(handle);
        if (length > LargestFile)
        {
            throw new IOException($"it is {length} bytes long; the limit is {LargestFile}");
        }

        byte[] bytes = new byte[length];
        int at = 0;
        while (at < bytes.Length)
        {
            int count = RandomAccess.Read(handle, bytes.AsSpan(at), at);
            if (count == 0)
            {
                throw new IOException("it grew shorter while it was read");
            }

            at += count;
        }

        return new FileContent(bytes, File.GetUnixFileMode(handle).HasFlag(UnixFileMode.OtherWrite));
    }
}
