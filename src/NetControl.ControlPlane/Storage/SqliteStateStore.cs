using System.Globalization;
using Microsoft.Data.Sqlite;

namespace NetControl.ControlPlane.Storage;

/// <summary>The state file: SQLite with a write-ahead log, flushed to the disk before a commit returns.</summary>
/// <remarks>
/// One process has the file open at a time: the lock is taken at the start and held, so that two servers can never write one state.
/// </remarks>
public sealed class SqliteStateStore : IStateStore
{
    private const string RevisionKey = "revision";
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
    public static SqliteStateStore Open(string path, TimeProvider time) => new(SqliteFile.Open(path), path, time);

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
            throw SqliteFile.Translate(e, _path, "read");
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
            throw SqliteFile.Translate(e, _path, "written");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

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
