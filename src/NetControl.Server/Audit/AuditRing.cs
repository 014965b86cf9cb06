using NetControl.ControlPlane.Errors;

namespace NetControl.Server.Audit;

/// <summary>The last entries of the audit log, numbered, for those who follow it: bounded in number and in bytes.</summary>
/// <remarks>Threads: any. Whoever appends never waits for a reader: a reader that falls behind finds its entries forgotten.</remarks>
internal sealed class AuditRing
{
    private const int MostEntries = 4096;
    private const long MostBytes = 32 * 1024 * 1024;

    // What an entry weighs besides its messages, roughly.
    private const int EntryBytes = 512;

    private readonly Lock _gate = new();
    private readonly Queue<(AuditEntry Entry, long Bytes)> _entries = new();
    private readonly int _mostEntries;
    private readonly long _mostBytes;
    private long _bytes;
    private long _sequence;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AuditRing(int mostEntries = MostEntries, long mostBytes = MostBytes)
    {
        _mostEntries = mostEntries;
        _mostBytes = mostBytes;
    }

    /// <summary>The number of the last entry.</summary>
    public long Sequence => Volatile.Read(ref _sequence);

    /// <summary>The number of the oldest entry that is remembered; of the next one when there is none.</summary>
    public long Oldest
    {
        get
        {
            lock (_gate)
            {
                return _sequence - _entries.Count + 1;
            }
        }
    }

    /// <summary>Numbers an entry and wakes those who wait.</summary>
    public void Append(AuditEntry redacted)
    {
        long bytes = EntryBytes + (redacted.Request?.CalculateSize() ?? 0)
            + redacted.Changes.Sum(c => EntryBytes + (c.Before?.CalculateSize() ?? 0) + (long)(c.After?.CalculateSize() ?? 0));
        TaskCompletionSource changed;
        lock (_gate)
        {
            _entries.Enqueue((redacted, bytes));
            _bytes += bytes;
            while (_entries.Count > _mostEntries || (_bytes > _mostBytes && _entries.Count > 1))
            {
                _bytes -= _entries.Dequeue().Bytes;
            }

            Volatile.Write(ref _sequence, _sequence + 1);
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.TrySetResult();
    }

    /// <summary>Reads some of what follows a number.</summary>
    /// <param name="after">What the caller has seen.</param>
    /// <param name="most">At most this many.</param>
    /// <param name="into">Gets the entries, in order.</param>
    /// <returns>The number of the first of them; all between what was seen and it are forgotten.</returns>
    public long Read(long after, int most, List<AuditEntry> into)
    {
        lock (_gate)
        {
            long oldest = _sequence - _entries.Count + 1;
            long first = Math.Max(after + 1, oldest);
            into.AddRange(_entries.Skip((int)Math.Min(first - oldest, int.MaxValue)).Take(most).Select(e => e.Entry));
            return first;
        }
    }

    /// <summary>Waits until there is something after a number.</summary>
    /// <returns>False when there was nothing for so long.</returns>
    public async Task<bool> WaitAsync(long after, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        Task changed;
        lock (_gate)
        {
            if (_sequence > after)
            {
                return true;
            }

            changed = _changed.Task;
        }

        try
        {
            await changed.WaitAsync(timeout, time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Where a reader goes on that has seen a number.</summary>
    /// <exception cref="ControlPlaneException">There never was such a number.</exception>
    public long Resume(long sequence) => sequence >= 0 && sequence <= Sequence ? sequence : throw new ControlPlaneException(
        ControlPlaneError.ResumePointExpired, $"there is no record {sequence} yet: the last one is {Sequence}");
}
