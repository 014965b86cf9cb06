using NetControl.ControlPlane.Storage;

namespace NetControl.ControlPlane.Tests.Fakes;

/// <summary>A store in memory that several control planes open one after the other, and that fails when told to.</summary>
internal sealed class RecordingStore : IStateStore
{
    private readonly Dictionary<string, StoredResource> _resources = new(StringComparer.Ordinal);
    private readonly Dictionary<Guid, StoredAnswer> _answers = [];
    private readonly Dictionary<string, string> _notes = new(StringComparer.Ordinal);
    private long _revision;

    public string Description => "recording";

    public int Commits { get; private set; }

    /// <summary>Thrown by the next commit.</summary>
    public StorageException? NextFails { get; set; }

    public StoredState Load() => new()
    {
        Revision = _revision,
        Resources = [.. _resources.Values],
        Answers = [.. _answers.Values],
        Notes = new Dictionary<string, string>(_notes, StringComparer.Ordinal),
    };

    public void Commit(StoredBatch batch)
    {
        if (NextFails is { } e)
        {
            NextFails = null;
            throw e;
        }

        Commits++;
        _revision = batch.Revision;
        foreach (string name in batch.Removed)
        {
            _resources.Remove(name);
        }

        foreach (StoredResource resource in batch.Put)
        {
            _resources[resource.Name] = resource;
        }

        if (batch.Answer is { } answer)
        {
            _answers[answer.RequestId] = answer;
        }

        foreach ((string key, string? value) in batch.Notes)
        {
            if (value is null)
            {
                _notes.Remove(key);
            }
            else
            {
                _notes[key] = value;
            }
        }
    }

    public void Dispose()
    {
    }
}
