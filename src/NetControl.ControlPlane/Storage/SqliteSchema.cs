namespace NetControl.ControlPlane.Storage;

/// <summary>The tables of the state file, and how they came to be what they are.</summary>
internal static class SqliteSchema
{
    /// <summary>"NetC" in ASCII: a file with another id belongs to somebody else.</summary>
    public const int ApplicationId = 0x4E657443;

    /// <summary>One step a version; a file is brought from its own version to the last one in one transaction.</summary>
    public static readonly IReadOnlyList<string> Steps =
    [
        """
        CREATE TABLE resource (
          name TEXT PRIMARY KEY, uid TEXT NOT NULL, revision INTEGER NOT NULL, generation INTEGER NOT NULL,
          create_time TEXT NOT NULL, update_time TEXT NOT NULL, source TEXT NOT NULL, spec TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE answer (
          request_id BLOB PRIMARY KEY, method TEXT NOT NULL, fingerprint BLOB NOT NULL, answer BLOB NOT NULL, expires INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX answer_expires ON answer (expires);
        CREATE TABLE note (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
        """,
    ];

    public static int Version => Steps.Count;
}
