namespace NetControl.ControlPlane.Mutations;

/// <summary>The last changes, for those who follow them: a bounded memory that says when it no longer reaches back far enough.</summary>
/// <remarks>Thread rule: any thread. Sequence numbers begin anew with every process.</remarks>
public sealed class ChangeLog
{
    private readonly Lock _gate = new();
    private readonly Queue<ResourceChange> _changes = new();
    private readonly int _capacity;
    private long _sequence;
    private long _forgotten;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal ChangeLog(int capacity)
    {
        _capacity = capacity;
    }

    /// <summary>The number of the last change.</summary>
    public long Sequence => Volatile.Read(ref _sequence);

    /// <summary>Reads what changed after a number.</summary>
    /// <param name="after">What the caller has seen.</param>
    /// <param name="into">Gets the changes, in order.</param>
    /// <param name="upTo">What the caller has seen then.</param>
    /// <returns>False when some of it is forgotten, or was never: list again.</returns>
    public bool TryRead(long after, List<ResourceChange> into, out long upTo)
    {
        lock (_gate)
        {
            upTo = _sequence;
            if (after < _forgotten || after > _sequence)
            {
                return false;
            }

            into.AddRange(_changes.Where(change => change.Sequence > after));
            return true;
        }
    }

    /// <summary>Waits until there is something after a number.</summary>
    public async Task WaitAsync(long after, CancellationToken cancellationToken)
    {
        Task changed;
        lock (_gate)
        {
            if (_sequence != after)
            {
                return;
            }

            changed = _changed.Task;
        }

        await changed.WaitAsync(cancellationToken);
    }

    /// <summary>Adds what changed together, and wakes those who wait.</summary>
    internal IReadOnlyList<ResourceChange> Append(IReadOnlyList<(string Name, object? Before, object? After, bool Derived)> changes)
    {
        lock (_gate)
        {
            long sequence = _sequence + 1;
            ResourceChange[] numbered = [.. changes.Select(c => new ResourceChange(sequence, c.Name, c.Before, c.After, c.Derived))];
            foreach (ResourceChange change in numbered)
            {
                _changes.Enqueue(change);
            }

            // A number is remembered whole, or not at all; the last one always.
            while (_changes.Count > _capacity && _changes.Peek().Sequence < sequence)
            {
                _forgotten = _changes.Dequeue().Sequence;
            }

            while (_changes.TryPeek(out ResourceChange? oldest) && oldest.Sequence <= _forgotten)
            {
                _changes.Dequeue();
            }

            Volatile.Write(ref _sequence, sequence);
            TaskCompletionSource changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            changed.TrySetResult();
            return numbered;
        }
    }
}
