using Microsoft.Extensions.Logging;
using NetControl.ControlPlane.Devices;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Registry;
using NetControl.ControlPlane.State;
using NetControl.ControlPlane.Storage;

namespace NetControl.ControlPlane.Mutations;

/// <summary>The one way in which anything changes: 1. edit a draft, 2. prepare what may fail, 3. store, 4. take effect, 5. tell.</summary>
/// <remarks>
/// Thread rule: any thread; changes are made one after the other, so the order of revisions is the order of effects. When a step up to the
/// third fails nothing has happened; after it nothing can fail any more.
/// </remarks>
internal sealed partial class Mutator : IDisposable
{
    private readonly SemaphoreSlim _writer = new(1, 1);
    private readonly IStateStore _store;
    private readonly ChangePreparer _preparer;
    private readonly Runtimes _runtimes;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private ControlState _state = ControlState.Empty;

    public Mutator(IStateStore store, ChangePreparer preparer, Runtimes runtimes, ChangeLog changes, TimeProvider time, ILogger logger)
    {
        _store = store;
        _preparer = preparer;
        _runtimes = runtimes;
        Changes = changes;
        _time = time;
        _logger = logger;
    }

    public ChangeLog Changes { get; }

    public bool ShuttingDown { get; private set; }

    /// <summary>Why nothing may change just now; null when it may.</summary>
    public Func<ControlPlaneException>? Blocked { get; set; }

    /// <summary>The clock.</summary>
    public DateTimeOffset Now => _time.GetUtcNow();

    /// <summary>The state in force.</summary>
    public ControlState State => Volatile.Read(ref _state);

    /// <summary>Reads resources: one state, and what they are doing at the same moment.</summary>
    public T Read<T>(Func<StateView, T> read)
    {
        lock (_runtimes.Gate)
        {
            return read(new StateView(_state, _runtimes, PreparedChange.Nothing));
        }
    }

    public Task<T> RunAsync<T>(MutationContext mutation, Action<StateDraft> edit, Func<StateView, T> answer)
        where T : class =>
        RunAsync<T>(mutation, edit, (_, outlook) => Task.FromResult(outlook.Read(answer)));

    /// <summary>Makes a change.</summary>
    /// <param name="mutation">What came with the request.</param>
    /// <param name="edit">Edits the draft, or throws.</param>
    /// <param name="answer">Makes the result from the changed draft and a way to read the views as they will be.</param>
    /// <param name="source">Who declares what is made.</param>
    /// <param name="notes">Single values to store along.</param>
    /// <param name="settled">Called once it is stored and in force, before the next change can begin.</param>
    public async Task<T> RunAsync<T>(MutationContext mutation, Action<StateDraft> edit, Func<StateDraft, Outlook, Task<T>> answer,
        ResourceSource source = ResourceSource.Api, Func<StateDraft, IReadOnlyDictionary<string, string?>?>? notes = null,
        Action? settled = null)
        where T : class
    {
        await _writer.WaitAsync();
        try
        {
            EnsureRunning(mutation);
            DateTimeOffset now = _time.GetUtcNow();
            StateDraft draft = new(_state, now) { Source = source };
            edit(draft);
            ControlState next = draft.Seal();
            IReadOnlyList<RecordChange> changes = draft.Changes();
            if (mutation.ValidateOnly)
            {
                return await answer(draft, new Outlook(next, _runtimes, PreparedChange.Nothing));
            }

            PreparedChange prepared;
            using (MutationTrace.Step("prepare"))
            {
                prepared = await _preparer.PrepareAsync(_state, next, changes);
            }

            T result;
            try
            {
                result = await answer(draft, new Outlook(next, _runtimes, prepared));
                using (MutationTrace.Step("store"))
                {
                    Store(mutation, next, changes, result, notes?.Invoke(draft));
                }
            }
            catch
            {
                await prepared.UndoAsync();
                throw;
            }

            IReadOnlyList<ResourceChange> changed;
            using (MutationTrace.Step("take effect"))
            {
                changed = Publish(next, changes, prepared, now);
            }

            settled?.Invoke();
            await FinishAsync(mutation, changed, prepared);
            return result;
        }
        finally
        {
            _writer.Release();
        }
    }

    // It is stored and in force: an error told now would make the caller do it a second time.
    private async Task FinishAsync(MutationContext mutation, IReadOnlyList<ResourceChange> changed, PreparedChange prepared)
    {
        try
        {
            if (changed.Count > 0)
            {
                mutation.OnChanged?.Invoke(changed);
            }
        }
        catch (Exception e)
        {
            LogNotTold(e);
        }

        try
        {
            await _preparer.FinishAsync(prepared);
        }
        catch (Exception e)
        {
            LogNotFinished(e);
        }
    }

    /// <summary>Does something between two changes, that none can overtake.</summary>
    public async Task BetweenChangesAsync(Func<Task> work)
    {
        await _writer.WaitAsync();
        try
        {
            await work();
        }
        finally
        {
            _writer.Release();
        }
    }

    /// <summary>Takes what the store holds for the state in force. Call once, before anything else.</summary>
    public void Restore(ControlState state, PreparedChange prepared)
    {
        lock (_runtimes.Gate)
        {
            _runtimes.Publish(state, RecordChange.Between(ControlState.Empty, state, state.All().Select(record => record.Name)), prepared);
            _state = state;
            StateView view = new(state, _runtimes, PreparedChange.Nothing, _time.GetUtcNow());
            foreach (ResourceRecord record in state.All())
            {
                view.Any(record.Name);
            }
        }
    }

    /// <summary>Changes what resources are doing, and not what was wished; those who follow are told.</summary>
    /// <returns>What is new about the resource; nothing when there is no such resource.</returns>
    public IReadOnlyList<ResourceChange> Note(string name, Action change)
    {
        lock (_runtimes.Gate)
        {
            StateView view = new(_state, _runtimes, PreparedChange.Nothing, _time.GetUtcNow());
            object? before = view.Any(name);
            change();
            object? after = view.Any(name);
            return Changes.Append(after is null ? [] : [(name, before, after, true)]);
        }
    }

    /// <summary>Refuses changes from now on.</summary>
    public void BeginShutdown()
    {
        ShuttingDown = true;
        Note("", static () => { });
    }

    public void Dispose() => _writer.Dispose();

    private void EnsureRunning(MutationContext mutation)
    {
        if (ShuttingDown)
        {
            throw new ControlPlaneException(ControlPlaneError.ShuttingDown, "the server is shutting down; try again when it is back");
        }

        if (!mutation.Settles && !mutation.Urgent && Blocked is { } blocked)
        {
            throw blocked();
        }
    }

    private void Store(MutationContext mutation, ControlState next, IReadOnlyList<RecordChange> changes, object result,
        IReadOnlyDictionary<string, string?>? notes)
    {
        StoredAnswer? answer = null;
        if (mutation is { RequestId.Length: > 0, EncodeAnswer: { } encode })
        {
            answer = new StoredAnswer(Guid.Parse(mutation.RequestId), mutation.Method, mutation.Fingerprint.ToArray(), encode(result),
                _time.GetUtcNow() + IdempotencyCache.Lifetime);
        }

        if (changes.Count == 0 && answer is null && notes is null)
        {
            return;
        }

        try
        {
            _store.Commit(new StoredBatch
            {
                Revision = next.Revision,
                Put = [.. changes.Where(c => c.After is not null).Select(c => RecordCodec.Write(c.After!))],
                Removed = [.. changes.Where(c => c.After is null).Select(c => c.Name)],
                Answer = answer,
                Notes = notes ?? new Dictionary<string, string?>(StringComparer.Ordinal),
            });
        }
        catch (StorageException e) when (mutation.Urgent)
        {
            LogOnlyInForce(e);
        }
        catch (StorageException e)
        {
            LogNotStored(e);
            throw new ControlPlaneException(ControlPlaneError.StorageFailed, $"nothing was changed: {e.Message}", innerException: e,
                metadata: new Dictionary<string, string>(StringComparer.Ordinal) { ["storage_error"] = e.Error.ToString() });
        }
    }

    private IReadOnlyList<ResourceChange> Publish(ControlState next, IReadOnlyList<RecordChange> changes, PreparedChange prepared, DateTimeOffset now)
    {
        lock (_runtimes.Gate)
        {
            // Noted, too: what a judge thinks may have changed since, and be another matter after this.
            StateView before = new(_state, _runtimes, PreparedChange.Nothing, now);
            RecordChange[] seen = [.. changes.Where(c => !c.IsOnlyOwner)];
            HashSet<string> changed = [.. seen.Select(c => c.Name)];

            // What a removal by force left still names what is gone; nothing is new about that.
            string[] names = [.. changed.Concat(Affected(seen).Where(name => next.Find(name) is not null)).Distinct(StringComparer.Ordinal)];
            List<(string Name, object? Before)> old = [.. names.Concat(Bystanders(next, names)).Select(name => (name, before.Any(name)))];
            _runtimes.Publish(next, changes, prepared);
            Volatile.Write(ref _state, next);
            foreach (RecordChange gone in changes.Where(c => c.Before is not null && c.Before.Uid != c.After?.Uid))
            {
                _runtimes.Conditions.Forget(gone.Before!.Uid);
            }

            StateView after = new(next, _runtimes, PreparedChange.Nothing, now);
            (string Name, object? Before, object? After, bool Derived)[] news =
            [
                .. old.Select(o => (o.Name, o.Before, After: after.Any(o.Name), Derived: !changed.Contains(o.Name)))
                    .Where(n => names.Contains(n.Name) || n is not { Before: DeviceView was, After: DeviceView now } || !was.Conditions.SequenceEqual(now.Conditions)),
            ];
            return seen.Length > 0 ? [.. Changes.Append(news).Where(change => !change.Derived)] : [];
        }
    }

    // Devices that nobody changed, but whose way out or policy somebody did: they may be ready or blocked now.
    private static IEnumerable<string> Bystanders(ControlState next, string[] names) =>
        next.Devices.Values.Where(d => !names.Contains(d.Name)
            && (names.Contains(d.Spec.StreamDialer) || names.Contains(d.Spec.PacketProxy) || names.Contains(d.Spec.Policy)))
            .Select(d => d.Name);

    // Whose readers see something new although nobody changed them: "used by" has changed.
    private static IEnumerable<string> Affected(IReadOnlyList<RecordChange> changes)
    {
        foreach (RecordChange change in changes)
        {
            foreach (ResourceRecord? record in (ResourceRecord?[])[change.Before, change.After])
            {
                switch (record)
                {
                    case DelegateRecord d:
                        foreach (string proxy in d.Candidates)
                        {
                            yield return proxy;
                        }

                        break;
                    case PolicyRecord policy:
                        foreach (string target in policy.Targets)
                        {
                            yield return target;
                        }

                        break;
                    case DeviceRecord device:
                        foreach (string target in (string[])[device.Draft.StreamDialer, device.Draft.PacketProxy, device.Draft.Policy])
                        {
                            if (target.Length > 0)
                            {
                                yield return target;
                            }
                        }

                        break;
                }
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "a change is in force, but those who follow changes could not be told")]
    private partial void LogNotTold(Exception e);

    [LoggerMessage(Level = LogLevel.Error, Message = "a change is in force, but what it removes could not be closed in good order")]
    private partial void LogNotFinished(Exception e);

    [LoggerMessage(Level = LogLevel.Error, Message = "a change is in force, but could not be stored: the next process begins without it")]
    private partial void LogOnlyInForce(Exception e);

    [LoggerMessage(Level = LogLevel.Error, Message = "a change was refused because it could not be stored")]
    private partial void LogNotStored(Exception e);
}
