using System.Text;
using NetControl.ControlPlane.Storage;
using NetControl.ControlPlane.Tests.Fakes;
using NetControl.Server.Metrics;

namespace NetControl.Server.Tests.Metrics;

public sealed class MeteredStateStoreTests
{
    [Fact]
    public async Task Commits_AreTimedAndFailuresCountedByReason()
    {
        ControlMetrics metrics = new();
        RecordingStore inner = new();
        using MeteredStateStore store = new(inner, metrics);
        store.Commit(new StoredBatch { Revision = 7 });
        inner.NextFails = new StorageException(StorageError.Full, "full");
        Assert.Throws<StorageException>(() => store.Commit(new StoredBatch { Revision = 8 }));
        Assert.Equal((7, "recording"), (store.Load().Revision, store.Description));

        using MemoryStream text = new();
        await metrics.Registry.CollectAndExportAsTextAsync(text);
        string all = Encoding.UTF8.GetString(text.ToArray());
        Assert.Contains("netcontrol_storage_commit_seconds_count 1\n", all, StringComparison.Ordinal);
        Assert.Contains("netcontrol_storage_failures_total{reason=\"full\"} 1\n", all, StringComparison.Ordinal);
        Assert.Contains("netcontrol_storage_failures_total{reason=\"denied\"} 0\n", all, StringComparison.Ordinal);
    }
}
