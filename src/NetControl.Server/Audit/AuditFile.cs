using Microsoft.Win32.SafeHandles;

namespace NetControl.Server.Audit;

/// <summary>The file of the audit log: lines are appended whole, and rotation is noticed.</summary>
/// <remarks>
/// A file that was renamed, removed or truncated under the process is noticed before the next line, so that no rotation scheme loses one:
/// the name that the kernel knows the descriptor by is compared with the name it was opened under. Threads: any.
/// </remarks>
internal sealed class AuditFile : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _path;
    private readonly Lock _gate = new();
    private SafeFileHandle _handle;
    private string? _name;

    private AuditFile(string path, SafeFileHandle handle)
    {
        _path = path;
        _handle = handle;
        _name = NameOf(handle);
    }

    /// <summary>Opens the file for appending, and makes it if it is not there.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static AuditFile Open(string path) => new(path, OpenHandle(path));

    /// <summary>Appends a line.</summary>
    public void Append(ReadOnlySpan<byte> line)
    {
        lock (_gate)
        {
            if (_name is null || NameOf(_handle) != _name)
            {
                ReopenCore();
            }

            // The length is asked for each time: whoever truncated the file in place must not get a hole.
            RandomAccess.Write(_handle, line, RandomAccess.GetLength(_handle));
        }
    }

    /// <summary>Opens the file anew.</summary>
    public void Reopen()
    {
        lock (_gate)
        {
            ReopenCore();
        }
    }

    public void Dispose() => _handle.Dispose();

    private void ReopenCore()
    {
        SafeFileHandle fresh = OpenHandle(_path);
        _handle.Dispose();
        _handle = fresh;
        _name = NameOf(fresh);
    }

    // Shared in every way: .NET's advisory lock would keep a second process, or a rotation tool, out.
    private static SafeFileHandle OpenHandle(string path)
    {
        if (!File.Exists(path))
        {
            using FileStream made = new(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.Write,
                Share = FileShare.ReadWrite | FileShare.Delete,
                UnixCreateMode = OwnerOnly,
            });
        }

        return File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
    }

    private static string? NameOf(SafeFileHandle handle) => new FileInfo($"/proc/self/fd/{handle.DangerousGetHandle()}").LinkTarget;
}
