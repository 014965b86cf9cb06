using Microsoft.Data.Sqlite;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Storage;
using NetControl.ControlPlane.Tests.Fakes;
using NetControl.Testing;

namespace NetControl.ControlPlane.Tests.Storage;

/// <summary>The state file on a real file system, with all that can be wrong with one.</summary>
public sealed class SqliteStateStoreTests : IDisposable
{
    private static readonly DateTimeOffset s_time = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private readonly string _folder = Directory.CreateTempSubdirectory("netcontrol-state-").FullName;

    private string StateFile => Path.Combine(_folder, "state.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Commit_ClosedAndOpenedAgain_EverythingIsThere()
    {
        StoredResource a = Resource("proxies/a", 1);
        StoredAnswer answer = new(Guid.NewGuid(), "/m", [1, 2], [3, 4], TimeProvider.System.GetUtcNow().AddMinutes(5));
        using (SqliteStateStore store = Open())
        {
            store.Commit(new StoredBatch { Revision = 1, Put = [a, Resource("proxies/b", 1)] });
            store.Commit(new StoredBatch
            {
                Revision = 2,
                Put = [a with { Revision = 2, Generation = 2 }],
                Removed = ["proxies/b"],
                Answer = answer,
                Notes = new Dictionary<string, string?>(StringComparer.Ordinal) { ["key"] = "value", ["other"] = "x" },
            });
            store.Commit(new StoredBatch { Revision = 2, Notes = new Dictionary<string, string?>(StringComparer.Ordinal) { ["other"] = null } });
        }

        using SqliteStateStore again = Open();
        StoredState state = again.Load();
        Assert.Equal(2, state.Revision);
        Assert.Equal(a with { Revision = 2, Generation = 2 }, Assert.Single(state.Resources));
        Assert.Equal(("key", "value"), (Assert.Single(state.Notes).Key, state.Notes["key"]));
        StoredAnswer kept = Assert.Single(state.Answers);
        Assert.Equal((answer.RequestId, "/m"), (kept.RequestId, kept.Method));
        Assert.Equal(answer.Fingerprint, kept.Fingerprint);
        Assert.Equal(answer.Answer, kept.Answer);
    }

    [Fact]
    public void FileThatOthersCouldRead_IsItsOwnersAloneFromThenOn()
    {
        Open().Dispose();
        File.SetUnixFileMode(StateFile, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        using SqliteStateStore store = Open();
        store.Commit(new StoredBatch { Revision = 1, Put = [Resource("proxies/a", 1)] });
        Assert.True(Directory.GetFiles(_folder).Length > 1, "there is a write-ahead log");
        Assert.All(Directory.GetFiles(_folder), file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }

    [Fact]
    public void AnswerThatHasExpired_IsNotLoadedAndGoesWithTheNext()
    {
        ManualTimeProvider time = new();
        using SqliteStateStore store = SqliteStateStore.Open(StateFile, time);
        StoredAnswer first = new(Guid.NewGuid(), "/m", [], [], time.GetUtcNow().AddMinutes(1));
        store.Commit(new StoredBatch { Revision = 1, Answer = first });
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.Empty(store.Load().Answers);
        store.Commit(new StoredBatch { Revision = 2, Answer = first with { RequestId = Guid.NewGuid(), Expires = time.GetUtcNow().AddMinutes(1) } });
        store.Dispose();
        Assert.Equal(1L, Ask("SELECT count(*) FROM answer"));
    }

    [Fact]
    public void NewStateFileIsItsOwnersAlone()
    {
        using SqliteStateStore store = Open();
        store.Commit(new StoredBatch { Revision = 1, Put = [Resource("proxies/a", 1)] });
        Assert.All(Directory.GetFiles(_folder), file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }

    [Fact]
    public void FileInUse_IsRefusedWithItsPathAndTheFix()
    {
        using SqliteStateStore first = Open();
        StorageException e = Refused(StorageError.InUse);
        Assert.Contains("another netcontrold has it open", e.Message, StringComparison.Ordinal);
        first.Commit(new StoredBatch { Revision = 1 });
    }

    [Fact]
    public void FileOfANewerVersion_IsRefusedAndLeftAlone()
    {
        Open().Dispose();
        Ask($"PRAGMA user_version = {SqliteSchema.Version + 1}");
        byte[] before = File.ReadAllBytes(StateFile);
        StorageException e = Refused(StorageError.TooNew);
        Assert.Contains("newer netcontrold", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(StateFile));
    }

    [Fact]
    public void ForeignDatabase_IsRefusedAndLeftAlone()
    {
        Ask("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1); SELECT 1");
        byte[] before = File.ReadAllBytes(StateFile);
        StorageException e = Refused(StorageError.Corrupt);
        Assert.Contains("another program's database", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(StateFile));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void FileThatIsNoDatabase_IsRefusedAndLeftAlone()
    {
        string text = string.Concat(Enumerable.Repeat("this is my diary\n", 500));
        File.WriteAllText(StateFile, text);
        Refused(StorageError.Corrupt);
        Assert.Equal(text, File.ReadAllText(StateFile));
    }

    [Fact]
    public void BrokenPages_AreSaidToBeBroken()
    {
        using (SqliteStateStore store = Open())
        {
            store.Commit(new StoredBatch { Revision = 1, Put = [.. Enumerable.Range(0, 200).Select(i => Resource($"proxies/p{i}", 1))] });
        }

        byte[] bytes = File.ReadAllBytes(StateFile);
        bytes.AsSpan(4096, 5 * 4096).Fill(0x5A);
        File.WriteAllBytes(StateFile, bytes);
        StorageException e = Assert.Throws<StorageException>(() =>
        {
            using SqliteStateStore store = Open();
            store.Load();
        });
        Assert.Equal(StorageError.Corrupt, e.Error);
        Assert.Contains(StateFile, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ContentThatMakesNoSense_IsSaidToBeBroken()
    {
        Open().Dispose();
        Ask("INSERT INTO note VALUES ('revision', 'soon'); SELECT 1");
        using SqliteStateStore store = Open();
        Assert.Equal(StorageError.Corrupt, Assert.Throws<StorageException>(() => store.Load()).Error);
    }

    [Fact]
    public void DirectoryThatIsNotThere_IsSaid()
    {
        string path = Path.Combine(_folder, "none", "state.db");
        StorageException e = Assert.Throws<StorageException>(() => SqliteStateStore.Open(path, TimeProvider.System));
        Assert.Equal(StorageError.Denied, e.Error);
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.Contains("does not exist; make the directory", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ReadOnlyDirectory_IsSaid(bool exists)
    {
        using SmallDisk disk = SmallDisk.Mount();
        string path = Path.Combine(disk.Path, "state.db");
        if (exists)
        {
            SqliteStateStore.Open(path, TimeProvider.System).Dispose();
        }

        disk.MakeReadOnly();
        StorageException e = Assert.Throws<StorageException>(() => SqliteStateStore.Open(path, TimeProvider.System));
        Assert.Equal(StorageError.Denied, e.Error);
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.Contains("--state", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FullDisk_CommitStoresNothing_AndWorksAgainOnceThereIsSpace()
    {
        using SmallDisk disk = SmallDisk.Mount();
        string path = Path.Combine(disk.Path, "state.db");
        using (SqliteStateStore store = SqliteStateStore.Open(path, TimeProvider.System))
        {
            store.Commit(new StoredBatch { Revision = 1, Put = [Resource("proxies/a", 1)] });
            disk.Fill();
            for (int attempt = 0; attempt < 3; attempt++)
            {
                StorageException e = Assert.Throws<StorageException>(
                    () => store.Commit(new StoredBatch { Revision = 2, Put = [Resource("proxies/b", 2)], Removed = ["proxies/a"] }));
                Assert.Equal(StorageError.Full, e.Error);
                Assert.Contains(path, e.Message, StringComparison.Ordinal);
                Assert.Contains("free some", e.Message, StringComparison.Ordinal);
                Assert.Equal((1, "proxies/a"), (store.Load().Revision, Assert.Single(store.Load().Resources).Name));
            }

            disk.Free();
            store.Commit(new StoredBatch { Revision = 2, Put = [Resource("proxies/b", 2)] });
        }

        using SqliteStateStore again = SqliteStateStore.Open(path, TimeProvider.System);
        Assert.Equal((2, 2), (again.Load().Revision, again.Load().Resources.Count));
    }

    [Fact]
    public void FullDisk_NoFileYet_IsSaidAndWorksOnceThereIsSpace()
    {
        using SmallDisk disk = SmallDisk.Mount();
        string path = Path.Combine(disk.Path, "state.db");
        disk.Fill();
        StorageException e = Assert.Throws<StorageException>(() => SqliteStateStore.Open(path, TimeProvider.System));
        Assert.Equal(StorageError.Full, e.Error);
        disk.Free();
        using SqliteStateStore store = SqliteStateStore.Open(path, TimeProvider.System);
        Assert.Equal(0, store.Load().Revision);
    }

    [Fact]
    public async Task ControlPlane_OnTheStateFileComesBackAfterARestart()
    {
        using (SqliteStateStore store = Open())
        {
            using TestPlane test = await TestPlane.WithDeviceAsync(store: store);
            await test.Plane.Delegates.SwapAsync(
                new ControlPlane.Delegates.SwapRequest("delegates/egress", "proxies/b", ExistingPolicy.Keep), MutationContext.Internal);
        }

        using SqliteStateStore reopened = Open();
        using TestPlane again = new(store: reopened);
        again.Plane.Restore(new DesiredState { Devices = [new DeviceDraft { Name = "devices/file" }, new DeviceDraft { Name = "devices/no good" }] });
        Assert.Equal(5, again.Plane.Configuration.Generation);
        Assert.Equal(("proxies/b", 2), (again.Plane.Delegates.Get("delegates/egress").Proxy, again.Plane.Delegates.Get("delegates/egress").Meta.Generation));
        Assert.Equal("tun0", Assert.Single(again.Engine.Devices).Spec.InterfaceName);

        // What was left in the kernel is kept for those who come back, and for those whom the file will ask for.
        Assert.Equal(["tun0", "file"], Assert.Single(again.Engine.LeftoversRemovedExceptFor));
    }

    private static StoredResource Resource(string name, long revision) =>
        new(name, Guid.Empty.ToString(), revision, 1, s_time, s_time.AddTicks(7), "Api", $$"""{"name":"{{name}}","config":""}""");

    private SqliteStateStore Open() => SqliteStateStore.Open(StateFile, TimeProvider.System);

    private StorageException Refused(StorageError expected)
    {
        StorageException e = Assert.Throws<StorageException>(() => Open());
        Assert.Equal(expected, e.Error);
        Assert.Contains(StateFile, e.Message, StringComparison.Ordinal);
        Assert.Contains("--state", e.Message, StringComparison.Ordinal);
        return e;
    }

    /// <summary>Looks at the file, or tampers with it, behind the store's back.</summary>
    private object? Ask(string sql)
    {
        using SqliteConnection connection = new($"Data Source={StateFile};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
