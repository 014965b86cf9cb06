using System.Globalization;
using Microsoft.Data.Sqlite;

namespace NetControl.ControlPlane.Storage;

/// <summary>The state file: SQLite with a write-ahead log, flushed to the disk before a commit returns.</summary>
/// <remarks>
/// The file holds the proxies' secrets, so it is made readable by its owner only. One process has it open at a time: the lock is taken at the
/// start and held, so that two servers can never write one state.
/// </remarks>
public sealed class SqliteStateStore : IStateStore
{
    private const string RevisionKey = "revision";
    private const int SqliteReadOnly = 8;
    private const int SqliteCantOpen = 14;
    private const int SqliteFull = 13;
    private const int SqliteBusy = 5;
    private const int SqliteLocked = 6;
    private const int SqliteCorrupt = 11;
    private const int SqliteNotADatabase = 26;
    private const int SqlitePermission = 3;
    private readonly SqliteConnection _connection;
    private readonly string _path;
    private readonly TimeProvider _time;

    private SqliteStateStore(SqliteConnection connection, string path, TimeProvider time)
    {
        _connection = connection;
        _path = path;
        _time = time;
    }

    /// <inheritdoc/>
    public string Description => _path;

    /// <summary>Opens a state file, and makes it where there is none. The directory must exist.</summary>
    /// <exception cref="StorageException">It cannot be opened, or is not ours.</exception>
    public static SqliteStateStore Open(string path, TimeProvider time)
    {
        CreateFile(path);
        SqliteConnectionStringBuilder text = new() { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = 1 };
        SqliteConnection connection = new(text.ToString());
        try
        {
            connection.Open();
            Prepare(connection, path);
            return new SqliteStateStore(connection, path, time);
        }
        catch (Exception e)
        {
            connection.Dispose();
            throw e is SqliteException refused ? Translate(refused, path, "opened") : e;
        }
    }

    /// <inheritdoc/>
    public StoredState Load()
    {
        try
        {
            Dictionary<string, string> notes = ReadNotes();
            return new StoredState
            {
                Revision = notes.Remove(RevisionKey, out string? text) ? long.Parse(text, CultureInfo.InvariantCulture) : 0,
                Resources = ReadResources(),
                Answers = ReadAnswers(),
                Notes = notes,
            };
        }
        catch (SqliteException e)
        {
            throw Translate(e, _path, "read");
        }
        catch (Exception e) when (e is FormatException or ArgumentException or InvalidCastException)
        {
            throw new StorageException(StorageError.Corrupt, $"the state file {_path} is broken: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public void Commit(StoredBatch batch)
    {
        try
        {
            using SqliteTransaction transaction = _connection.BeginTransaction(deferred: false);
            foreach (string name in batch.Removed)
            {
                Execute("DELETE FROM resource WHERE name = $name", ("$name", name));
            }

            foreach (StoredResource resource in batch.Put)
            {
                Put(resource);
            }

            if (batch.Answer is { } answer)
            {
                Put(answer);
            }

            foreach ((string key, string? value) in batch.Notes)
            {
                PutNote(key, value);
            }

            PutNote(RevisionKey, batch.Revision.ToString(CultureInfo.InvariantCulture));
            transaction.Commit();
        }
        catch (SqliteException e)
        {
            throw Translate(e, _path, "written");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

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
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            using FileStream file = new(path, options);
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

    private static StorageException Translate(SqliteException e, string path, string done)
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

    private Dictionary<string, string> ReadNotes()
    {
        Dictionary<string, string> notes = new(StringComparer.Ordinal);
        Read("SELECT key, value FROM note", row => notes.Add(row.GetString(0), row.GetString(1)));
        return notes;
    }

    private List<StoredResource> ReadResources()
    {
        List<StoredResource> resources = [];
        Read("SELECT name, uid, revision, generation, create_time, update_time, source, spec FROM resource ORDER BY name",
            row => resources.Add(new StoredResource(row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3),
                Time(row.GetString(4)), Time(row.GetString(5)), row.GetString(6), row.GetString(7))));
        return resources;
    }

    private List<StoredAnswer> ReadAnswers()
    {
        List<StoredAnswer> answers = [];
        Read("SELECT request_id, method, fingerprint, answer, expires FROM answer WHERE expires > $now ORDER BY expires",
            row => answers.Add(new StoredAnswer(new Guid(row.GetFieldValue<byte[]>(0)), row.GetString(1), row.GetFieldValue<byte[]>(2),
                row.GetFieldValue<byte[]>(3), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4)))),
            ("$now", _time.GetUtcNow().ToUnixTimeMilliseconds()));
        return answers;
    }

    private void Put(StoredResource resource) => Execute(
        """
        INSERT INTO resource VALUES ($name, $uid, $revision, $generation, $create, $update, $source, $spec)
        ON CONFLICT (name) DO UPDATE SET uid = $uid, revision = $revision, generation = $generation, create_time = $create,
          update_time = $update, source = $source, spec = $spec
        """,
        ("$name", resource.Name), ("$uid", resource.Uid), ("$revision", resource.Revision), ("$generation", resource.Generation),
        ("$create", Text(resource.CreateTime)), ("$update", Text(resource.UpdateTime)), ("$source", resource.Source),
        ("$spec", resource.Spec));

    private void Put(StoredAnswer answer)
    {
        Execute("DELETE FROM answer WHERE expires <= $now", ("$now", _time.GetUtcNow().ToUnixTimeMilliseconds()));
        Execute("INSERT OR REPLACE INTO answer VALUES ($id, $method, $fingerprint, $answer, $expires)",
            ("$id", answer.RequestId.ToByteArray()), ("$method", answer.Method), ("$fingerprint", answer.Fingerprint),
            ("$answer", answer.Answer), ("$expires", answer.Expires.ToUnixTimeMilliseconds()));
    }

    private void PutNote(string key, string? value)
    {
        if (value is null)
        {
            Execute("DELETE FROM note WHERE key = $key", ("$key", key));
        }
        else
        {
            Execute("INSERT OR REPLACE INTO note VALUES ($key, $value)", ("$key", key), ("$value", value));
        }
    }

    private static string Text(DateTimeOffset time) => time.ToString("O", CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(string text) => DateTimeOffset.ParseExact(text, "O", CultureInfo.InvariantCulture);

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

    private void Execute(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using SqliteCommand command = Command(sql, parameters);
        command.ExecuteNonQuery();
    }

    // The reader ends with its command, so rows are handed out here.
    private void Read(string sql, Action<SqliteDataReader> row, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using SqliteCommand command = Command(sql, parameters);
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
        {
            row(reader);
        }
    }

    private SqliteCommand Command(string sql, ReadOnlySpan<(string Name, object Value)> parameters)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach ((string name, object value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return command;
    }
}
