using System.Text.Json;
using Microsoft.Extensions.Logging;
using NetControl.ControlPlane.Engines;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.State;
using NetControl.ControlPlane.Storage;
using NetControl.ControlPlane.Validation;

namespace NetControl.ControlPlane.Configurations;

/// <summary>The verbs of the configuration as a whole: read it, apply a document, confirm it.</summary>
/// <remarks>Thread rule: any thread. A document is applied as one transaction: all of it, or nothing.</remarks>
public sealed partial class ConfigurationDirectory : IDisposable
{
    private const string PendingKey = "pending_confirmation";
    private static readonly TimeSpan s_longestConfirm = TimeSpan.FromHours(24);
    private readonly Mutator _mutator;
    private readonly IEngine _engine;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private StoredPending? _pending;
    private ITimer? _timer;
    private string _notTakenBack = "";

    internal ConfigurationDirectory(Mutator mutator, IEngine engine, TimeProvider time, ILogger logger)
    {
        _mutator = mutator;
        _engine = engine;
        _time = time;
        _logger = logger;
    }

    /// <summary>The number of the transaction that is in force.</summary>
    public long Generation => _mutator.State.Revision;

    /// <summary>Reads everything at one moment.</summary>
    public ConfigurationView Get() => _mutator.Read(read => new ConfigurationView(
        read.State.Revision,
        _mutator.Changes.Sequence,
        [.. read.State.Proxies.Values.Select(read.View)],
        [.. read.State.Delegates.Values.Select(read.View)],
        [.. read.State.Policies.Values.Select(read.View)],
        [.. read.State.Devices.Values.Select(read.View)],
        Volatile.Read(ref _pending) is { } pending ? new PendingConfirmation(pending.Id, pending.Deadline) : null));

    /// <summary>Makes a document true, and says how.</summary>
    public async Task<ApplyResult> ApplyAsync(ApplyRequest request, MutationContext mutation)
    {
        CheckConfirmTimeout(request.ConfirmTimeout);
        StoredPending? pending = null;

        // Before anything is prepared: a device that is opened anew has lost its sessions by then.
        IReadOnlyDictionary<string, long> sessions = await CountAsync();
        ApplyResult result = await _mutator.RunAsync<ApplyResult>(
            mutation,
            draft =>
            {
                CheckBase(draft.Base, request.BaseGeneration);
                ConfigurationPlanner.Edit(draft, request);
            },
            (draft, _) =>
            {
                ControlState next = draft.Seal();
                IReadOnlyList<RecordChange> changes = draft.Changes();
                IReadOnlyList<PlanStep> steps = ConfigurationPlanner.Plan(changes, sessions);
                if (request.ConfirmTimeout is not { } timeout || steps.Count == 0 || mutation.ValidateOnly)
                {
                    return Task.FromResult(new ApplyResult(next.Revision, steps));
                }

                pending = Remember(changes, _time.GetUtcNow() + timeout);
                return Task.FromResult(new ApplyResult(next.Revision, steps, pending.Id, pending.Deadline));
            },
            request.Source,
            _ => pending is null ? null : Note(JsonSerializer.Serialize(pending, SpecJson.Default.StoredPending)),
            () =>
            {
                // Before the next change can begin: what is taken back must be all that has changed since.
                if (pending is not null)
                {
                    Await(pending);
                }
            });
        if (mutation.ValidateOnly)
        {
            return result;
        }

        LogApplied(result.Generation, result.Steps.Count);
        return result;
    }

    /// <summary>What was applied stays.</summary>
    public Task<ConfigurationView> ConfirmAsync(string id, MutationContext mutation) => SettleAsync(id, takeBack: false, mutation);

    /// <summary>What was applied is taken back now.</summary>
    public Task<ConfigurationView> RevertAsync(string id, MutationContext mutation) => SettleAsync(id, takeBack: true, mutation);

    /// <summary>Gets what is taken back because its time is over. Set once, before anything is applied.</summary>
    internal Action<SystemMutation>? OnTakenBack { get; set; }

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();

    /// <summary>Goes on waiting for a confirmation that a former process waited for.</summary>
    internal void Restore(IReadOnlyDictionary<string, string> notes)
    {
        if (notes.TryGetValue(PendingKey, out string? text)
            && JsonSerializer.Deserialize(text, SpecJson.Default.StoredPending) is { } pending)
        {
            Await(pending);
        }
    }

    private static Dictionary<string, string?> Note(string? value) => new(StringComparer.Ordinal) { [PendingKey] = value };

    private static StoredPending Remember(IReadOnlyList<RecordChange> changes, DateTimeOffset deadline) => new(
        Guid.NewGuid().ToString(),
        deadline,
        [.. changes.Where(c => c.Before is not null).Select(c => RecordCodec.Write(c.Before!))],
        [.. changes.Where(c => c.Before is null).Select(c => c.Name)]);

    private static void CheckBase(ControlState state, long? generation)
    {
        if (generation is { } expected && expected != state.Revision)
        {
            throw new ControlPlaneException(
                ControlPlaneError.GenerationMismatch,
                $"the configuration has changed: its generation is {state.Revision}, the request was made from {expected}; read it again",
                metadata: new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    ["current_generation"] = $"{state.Revision}",
                    ["base_generation"] = $"{expected}",
                });
        }
    }

    private static void CheckConfirmTimeout(TimeSpan? timeout)
    {
        if (timeout is { } t && (t < TimeSpan.FromSeconds(1) || t > s_longestConfirm))
        {
            throw ControlPlaneException.Invalid(new Violation("confirm_timeout", DurationText.Of(t), "is out of range",
                "write 1s to 86400s, or leave it out", "OUT_OF_RANGE"));
        }
    }

    private async Task<IReadOnlyDictionary<string, long>> CountAsync() =>
        (await _engine.ListSessionsAsync(null, CancellationToken.None))
            .CountBy(session => session.Device, StringComparer.Ordinal)
            .ToDictionary(pair => pair.Key, pair => (long)pair.Value, StringComparer.Ordinal);

    private void Await(StoredPending pending)
    {
        Volatile.Write(ref _pending, pending);
        _mutator.Blocked = () => new ControlPlaneException(
            ControlPlaneError.ConfirmationPending,
            $"an applied configuration waits for its confirmation until {pending.Deadline:u}; confirm or revert \"{pending.Id}\" first",
            metadata: new Dictionary<string, string>(StringComparer.Ordinal) { ["confirmation_id"] = pending.Id });
        TimeSpan left = pending.Deadline - _time.GetUtcNow();
        _timer?.Dispose();
        _timer = _time.CreateTimer(_ => _ = TakeBackAsync(pending.Id), null, left > TimeSpan.Zero ? left : TimeSpan.Zero,
            Timeout.InfiniteTimeSpan);
    }

    private async Task TakeBackAsync(string id)
    {
        try
        {
            IReadOnlyList<ResourceChange> changed = [];
            await RevertAsync(id, MutationContext.Internal with { OnChanged = changes => changed = changes });
            LogTakenBack(id);
            OnTakenBack?.Invoke(new SystemMutation(SystemCause.UnconfirmedReverted,
                $"nobody confirmed the configuration \"{id}\" in time", changed));
        }
        catch (ControlPlaneException e) when (e.Error is ControlPlaneError.NotFound or ControlPlaneError.ShuttingDown)
        {
            // It was confirmed in the same moment; or the next process takes it back.
        }
        catch (Exception e)
        {
            LogNotTakenBack(e, id);
            if (_notTakenBack != id)
            {
                _notTakenBack = id; // told once: it is tried again until it succeeds
                OnTakenBack?.Invoke(new SystemMutation(SystemCause.UnconfirmedReverted,
                    $"nobody confirmed the configuration \"{id}\" in time, and it cannot be taken back yet", [],
                    e as ControlPlaneException ?? new ControlPlaneException(ControlPlaneError.Internal, "the server's log says why")));
            }

            _timer?.Change(TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan);
        }
    }

    private async Task<ConfigurationView> SettleAsync(string id, bool takeBack, MutationContext mutation)
    {
        ConfigurationView view = await _mutator.RunAsync<ConfigurationView>(
            mutation with { Settles = true },
            draft =>
            {
                StoredPending pending = _pending is { } p && p.Id == id ? p : throw new ControlPlaneException(
                    ControlPlaneError.NotFound, $"no configuration waits for a confirmation \"{id}\"; it was confirmed, or taken back", id);
                if (takeBack)
                {
                    draft.TakeBack(RecordCodec.ReadAll(pending.Before), pending.Added);
                }
            },
            (draft, _) => Task.FromResult(Get() with { Generation = draft.Seal().Revision, Pending = null }),
            notes: _ => Note(null),
            settled: () =>
            {
                Volatile.Write(ref _pending, null);
                _mutator.Blocked = null;
            });
        return mutation.ValidateOnly ? view : Get();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "applied a configuration: generation {Generation}, {Steps} steps")]
    private partial void LogApplied(long generation, int steps);

    [LoggerMessage(Level = LogLevel.Warning, Message = "took the configuration back that nobody confirmed ({Id})")]
    private partial void LogTakenBack(string id);

    [LoggerMessage(Level = LogLevel.Error, Message = "cannot take the unconfirmed configuration {Id} back; trying again")]
    private partial void LogNotTakenBack(Exception e, string id);
}
