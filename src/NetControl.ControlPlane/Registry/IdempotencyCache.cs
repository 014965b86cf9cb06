using System.Security.Cryptography;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Validation;

namespace NetControl.ControlPlane.Registry;

/// <summary>Remembers answers by request id, so that a repeated request gets the first answer and has no second effect.</summary>
/// <remarks>
/// Thread rule: any thread. A repetition that arrives while the first call still runs waits for it. The work is not bound to the first
/// caller's deadline: it ends, and the retry finds its answer. Failures are forgotten.
/// </remarks>
public sealed class IdempotencyCache
{
    /// <summary>How long an answer is remembered.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    private const int Capacity = 10_000;
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, Entry> _entries = [];
    private readonly Queue<(Guid Id, DateTimeOffset Expires)> _order = new();
    private readonly TimeProvider _time;
    private long _replays;

    /// <summary>Makes an empty cache.</summary>
    public IdempotencyCache(TimeProvider time)
    {
        _time = time;
    }

    /// <summary>How many answers were given again.</summary>
    public long Replays => Interlocked.Read(ref _replays);

    /// <summary>Does the work once for each request id; an empty id means every time.</summary>
    /// <param name="requestId">A UUID, or empty.</param>
    /// <param name="method">The method's name: the same id may not be used for another one.</param>
    /// <param name="request">The request's bytes: the same id may not be used with another body.</param>
    /// <param name="work">The work.</param>
    public Task<T> RunAsync<T>(string requestId, string method, ReadOnlySpan<byte> request, Func<Task<T>> work)
        where T : class
    {
        if (requestId.Length == 0)
        {
            return work();
        }

        if (!Guid.TryParse(requestId, out Guid id))
        {
            ViolationList violations = new();
            violations.Add("request_id", requestId, "is not a UUID", "write e.g. 4f1c8b9e-5a57-4b0e-9c3e-0d7f4a1d2b3c",
                "INVALID_REQUEST_ID");
            violations.ThrowIfAny("");
        }

        byte[] hash = SHA256.HashData(request);
        TaskCompletionSource<object> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Entry entry = new(method, hash, completion.Task);
        lock (_gate)
        {
            Forget();
            if (_entries.TryGetValue(id, out Entry? known))
            {
                return Replay<T>(known, entry, requestId);
            }

            _entries.Add(id, entry);
            _order.Enqueue((id, _time.GetUtcNow() + Lifetime));
        }

        return RunFirstAsync(id, completion, work);
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

    private async Task<T> Replay<T>(Entry known, Entry asked, string requestId)
    {
        if (known.Method != asked.Method || !known.Hash.AsSpan().SequenceEqual(asked.Hash))
        {
            throw new ControlPlaneException(
                ControlPlaneError.RequestIdReused,
                $"request_id \"{requestId}\" was used for another request; take a new one",
                violations: [new Violation("request_id", "was used for another request; take a new one", "REQUEST_ID_REUSED")]);
        }

        Interlocked.Increment(ref _replays);
        return (T)await known.Result;
    }

    private void Forget()
    {
        DateTimeOffset now = _time.GetUtcNow();
        while (_order.TryPeek(out (Guid Id, DateTimeOffset Expires) oldest) && (oldest.Expires <= now || _order.Count >= Capacity))
        {
            _order.Dequeue();
            _entries.Remove(oldest.Id);
        }
    }

    private sealed record Entry(string Method, byte[] Hash, Task<object> Result);
}
