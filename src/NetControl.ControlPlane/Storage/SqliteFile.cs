using System.Globalization;
using Microsoft.Data.Sqlite;

namespace NetControl.ControlPlane.Storage;

/// <summary>Makes, opens and checks a state file, and says what is wrong with one.</summary>
/// <remarks>It holds the proxies' secrets, so it is made readable by its owner only.</remarks>
internal static class SqliteFile
{
    private const int SqliteReadOnly = 8;
    private const int SqliteCantOpen = 14;
    private const int SqliteFull = 13;
    private const int SqliteBusy = 5;
    private const int SqliteLocked = 6;
    private const int SqliteCorrupt = 11;
    private const int SqliteNotADatabase = 26;
    private const int SqlitePermission = 3;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Opens a state file with its tables, and makes it where there is none.</summary>
    /// <exception cref="StorageException">It cannot be opened, or is not ours.</exception>
    public static SqliteConnection Open(string path)
    {
        CreateFile(path);
        SqliteConnectionStringBuilder text = new() { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = 1 };
        SqliteConnection connection = new(text.ToString());
        try
        {
            connection.Open();
            Prepare(connection, path);
            return connection;
        }
        catch (Exception e)
        {
            connection.Dispose();
            throw e is SqliteException refused ? Translate(refused, path, "opened") : e;
        }
    }

    /// <summary>What SQLite says, with the fix.</summary>
    /// <param name="e">What it said.</param>
    /// <param name="path">The state file.</param>
    /// <param name="done">What could not be done to it.</param>
    public static StorageException Translate(SqliteException e, string path, string done)
    {
        (StorageError error, string fix) = e.SqliteErrorCode switch
        {
            SqliteBusy or SqliteLocked => (StorageError.InUse, "another netcontrold has it open; stop that one, or give another path with --state"),
            SqliteReadOnly or SqliteCantOpen or SqlitePermission =>
                (StorageError.Denied, "the file and its directory must be writable by this user; make them so, or give another path with --state"),
            SqliteFull => (StorageError.Full, "no space is left on its file system; free some, and repeat the request"),
            SqliteCorrupt or SqliteNotADatabase =>
                (StorageError.Corrupt, "it is broken, or no state file; restore it, move it away to start empty, or give another path with --state"),
            _ => (StorageError.Failed, "see the error, and repeat the request"),
        };
        return new StorageException(error, $"the state file {path} cannot be {done}: {e.Message.TrimEnd('.')}; {fix}", e);
    }

    private static void CreateFile(string path)
    {
        try
        {
            // Before SQLite does it, so that nobody else can read it for even a moment.
            FileStreamOptions options = new()
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.ReadWrite,
                UnixCreateMode = OwnerOnly,
            };
            using FileStream file = new(path, options);
            Narrow(path);
            Narrow(path + "-wal");
        }
        catch (DirectoryNotFoundException e)
        {
            throw new StorageException(StorageError.Denied,
                $"the state file {path} cannot be made: {Path.GetDirectoryName(Path.GetFullPath(path))} does not exist; make the directory, "
                + "or give another path with --state (--state \"\" keeps state in memory)", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException(StorageError.Denied,
                $"the state file {path} cannot be opened for writing: {e.Message}; give another path with --state "
                + "(--state \"\" keeps state in memory)", e);
        }
    }

    // One that was copied here, or made by hand. A file system that has no modes, or another owner, leaves it to whoever mounted it.
    private static void Narrow(string path)
    {
        try
        {
            if (File.Exists(path) && (File.GetUnixFileMode(path) & ~OwnerOnly) != 0)
            {
                File.SetUnixFileMode(path, OwnerOnly);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // See above.
        }
    }

    private static void Prepare(SqliteConnection connection, string path)
    {
        // Exclusive first: the write-ahead log then needs no shared memory file, and a second process fails here and not later.
        Execute(connection, "PRAGMA locking_mode = EXCLUSIVE");
        long version = CheckOwner(connection, path); // before anything is written: a foreign file stays as it is
        Execute(connection, "PRAGMA journal_mode = WAL");
        Execute(connection, "PRAGMA synchronous = FULL");
        if (version == SqliteSchema.Version)
        {
            return; // without a write: what is there must come back on a full disk too
        }

        using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
        for (int step = (int)version; step < SqliteSchema.Version; step++)
        {
            Execute(connection, SqliteSchema.Steps[step]);
        }

        Execute(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id = {SqliteSchema.ApplicationId}"));
        Execute(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {SqliteSchema.Version}"));
        transaction.Commit();
    }

    private static long CheckOwner(SqliteConnection connection, string path)
    {
        long application = Number(connection, "PRAGMA application_id");
        long version = Number(connection, "PRAGMA user_version");
        bool empty = Number(connection, "SELECT count(*) FROM sqlite_schema") == 0;
        if (application != SqliteSchema.ApplicationId && !(empty && application == 0))
        {
            throw new StorageException(StorageError.Corrupt,
                $"{path} is not a state file of netcontrold, but another program's database; give another path with --state");
        }

        return version <= SqliteSchema.Version ? version : throw new StorageException(StorageError.TooNew,
            $"the state file {path} was written by a newer netcontrold (schema {version}, this one knows {SqliteSchema.Version}); "
            + "run that version, or give another path with --state");
    }

    private static long Number(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
