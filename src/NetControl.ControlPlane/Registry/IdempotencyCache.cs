using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Storage;
using NetControl.ControlPlane.Validation;

namespace NetControl.ControlPlane.Registry;

/// <summary>Remembers answers by request id, so that a repeated request gets the first answer and has no second effect.</summary>
/// <remarks>
/// Thread rule: any thread. A repetition that arrives while the first call still runs waits for it. The work is not bound to the first
/// caller's deadline: it ends, and the retry finds its answer. Failures are forgotten. Answers of changes are stored with the change
/// (<see cref="MutationContext.EncodeAnswer"/>), and so outlive the process.
/// </remarks>
public sealed class IdempotencyCache
{
    /// <summary>How long an answer is remembered.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    private const int Capacity = 10_000;
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, Entry> _entries = [];
    private readonly Queue<(Guid Id, Entry Entry, DateTimeOffset Expires)> _order = new();
    private readonly TimeProvider _time;
    private long _replays;

    /// <summary>Makes an empty cache.</summary>
    public IdempotencyCache(TimeProvider time)
    {
        _time = time;
    }

    /// <summary>How many answers were given again.</summary>
    public long Replays => Interlocked.Read(ref _replays);

    /// <summary>Does the work once for each request id; an empty id, and a dry run, mean every time.</summary>
    /// <param name="mutation">The request.</param>
    /// <param name="work">The work.</param>
    /// <param name="decode">Makes the answer from the bytes that a former process stored.</param>
    public Task<T> RunAsync<T>(MutationContext mutation, Func<Task<T>> work, Func<byte[], T> decode)
        where T : class
    {
        if (mutation.RequestId.Length == 0)
        {
            return work();
        }

        if (!Guid.TryParse(mutation.RequestId, out Guid id))
        {
            throw ControlPlaneException.Invalid(new Violation("request_id", mutation.RequestId, "is not a UUID",
                "write e.g. 4f1c8b9e-5a57-4b0e-9c3e-0d7f4a1d2b3c", "INVALID_REQUEST_ID"));
        }

        // A dry run has no effect to protect, and its id may be used again for the real call.
        if (mutation.ValidateOnly)
        {
            return work();
        }

        TaskCompletionSource<object> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            Forget();
            if (_entries.TryGetValue(id, out Entry? known))
            {
                return ReplayAsync(known, mutation, decode);
            }

            Remember(id, new Entry(mutation.Method, mutation.Fingerprint, completion.Task), _time.GetUtcNow() + Lifetime);
        }

        return RunFirstAsync(id, completion, work);
    }

    /// <summary>Takes in what a former process stored.</summary>
    internal void Restore(IEnumerable<StoredAnswer> answers)
    {
        lock (_gate)
        {
            foreach (StoredAnswer answer in answers)
            {
                Remember(answer.RequestId, new Entry(answer.Method, answer.Fingerprint, Task.FromResult<object>(answer.Answer)), answer.Expires);
            }
        }
    }

    private void Remember(Guid id, Entry entry, DateTimeOffset expires)
    {
        _entries.Add(id, entry);
        _order.Enqueue((id, entry, expires));
    }

    private async Task<T> RunFirstAsync<T>(Guid id, TaskCompletionSource<object> completion, Func<Task<T>> work)
        where T : class
    {
        try
        {
            T result = await work();
            completion.SetResult(result);
            return result;
        }
        catch (Exception e)
        {
            lock (_gate)
            {
                _entries.Remove(id);
            }

            completion.SetException(e);
            _ = completion.Task.Exception; // Observed here: there may be no second caller.
            throw;
        }
    }

    private async Task<T> ReplayAsync<T>(Entry known, MutationContext asked, Func<byte[], T> decode)
        where T : class
    {
        if (known.Method != asked.Method || !known.Fingerprint.Span.SequenceEqual(asked.Fingerprint.Span))
        {
            throw new ControlPlaneException(
                ControlPlaneError.RequestIdReused,
                $"request_id \"{asked.RequestId}\" was used for another request; take a new one",
                violations: [new Violation("request_id", "was used for another request; take a new one", "REQUEST_ID_REUSED")]);
        }

        Interlocked.Increment(ref _replays);
        object result = await known.Result;
        return result as T ?? decode((byte[])result);
    }

    private void Forget()
    {
        DateTimeOffset now = _time.GetUtcNow();
        while (_order.TryPeek(out (Guid Id, Entry Entry, DateTimeOffset Expires) oldest) && (oldest.Expires <= now || _order.Count >= Capacity))
        {
            _order.Dequeue();

            // Not the answer of a repetition, where the first try had failed.
            if (ReferenceEquals(_entries.GetValueOrDefault(oldest.Id), oldest.Entry))
            {
                _entries.Remove(oldest.Id);
            }
        }
    }

    private sealed class Entry(string method, ReadOnlyMemory<byte> fingerprint, Task<object> result)
    {
        public string Method { get; } = method;

        public ReadOnlyMemory<byte> Fingerprint { get; } = fingerprint;

        public Task<object> Result { get; } = result;
    }
}
