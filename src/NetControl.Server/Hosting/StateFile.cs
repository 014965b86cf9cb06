using NetControl.ControlPlane.Storage;

namespace NetControl.Server.Hosting;

/// <summary>Decides where desired state is kept.</summary>
/// <remarks>A process that is given a configuration file gets its wish from there at every start, so it needs no state file unless one is
/// asked for. One that is driven over gRPC alone would forget everything without.</remarks>
internal static class StateFile
{
    public const string DefaultPath = "/var/lib/netcontrol/state.db";

    public static IStateStore Open(ServerOptions options)
    {
        string path = options.StateFile ?? (options.ConfigFile is null ? DefaultPath : "");
        if (path.Length == 0)
        {
            return new MemoryStateStore();
        }

        if (options.StateFile is null)
        {
            MakeDirectory(Path.GetDirectoryName(path)!);
        }

        return SqliteStateStore.Open(path, TimeProvider.System);
    }

    private static void MakeDirectory(string path)
    {
        try
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException(StorageError.Denied,
                $"{path} cannot be made: {e.Message}; give another path with --state (--state \"\" keeps state in memory)", e);
        }
    }
}
