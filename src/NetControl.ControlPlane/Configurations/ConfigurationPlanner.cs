using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.State;
using NetControl.ControlPlane.Storage;
using NetControl.ControlPlane.Validation;

namespace NetControl.ControlPlane.Configurations;

/// <summary>Turns a document into changes of a draft, and changes into a plan that people can read.</summary>
/// <remarks>Pure.</remarks>
internal static class ConfigurationPlanner
{
    /// <summary>Edits the draft until the document is true; all violations are reported at once.</summary>
    public static void Edit(StateDraft draft, ApplyRequest request)
    {
        DesiredState desired = WithKnownSecrets(draft.State, request.Desired);
        ViolationList violations = new();
        DesiredStateValidator.Validate(desired, Remaining(draft.State, request), draft.State.DanglingReferences(), violations);
        violations.ThrowIfAny("");
        foreach (ProxyDraft proxy in desired.Proxies)
        {
            Put(draft, proxy);
        }

        foreach (DelegateDraft d in desired.Delegates)
        {
            Put(draft, d);
        }

        foreach (PolicyDraft policy in desired.Policies)
        {
            Put(draft, policy);
        }

        foreach (DeviceDraft device in desired.Devices)
        {
            Put(draft, device);
        }

        Remove(draft, request);
        foreach (string name in Names(desired))
        {
            draft.Own(name, request.Source);
        }

        CheckConflicts(draft.State, desired);
    }

    /// <summary>The steps that lead from one state to the other.</summary>
    /// <param name="changes">The changes.</param>
    /// <param name="sessions">Live sessions by device.</param>
    public static IReadOnlyList<PlanStep> Plan(IReadOnlyList<RecordChange> changes, IReadOnlyDictionary<string, long> sessions)
    {
        List<(int Rank, PlanStep Step)> steps = [];
        foreach (RecordChange change in changes)
        {
            if (Step(change, sessions) is { } ranked)
            {
                steps.Add(ranked);
            }
        }

        return [.. steps.OrderBy(s => s.Rank).ThenBy(s => s.Step.Name, StringComparer.Ordinal).Select(s => s.Step)];
    }

    private static (int Rank, PlanStep Step)? Step(RecordChange change, IReadOnlyDictionary<string, long> sessions)
    {
        string name = change.Name;
        long live = sessions.GetValueOrDefault(name);
        int kind = (change.After ?? change.Before) switch { ProxyRecord => 0, DelegateRecord => 1, PolicyRecord => 2, _ => 3 };
        switch (change)
        {
            case { Before: null }:
                return (kind, new PlanStep(PlanAction.Create, name, 0, $"make {name}"));
            case { After: null }:
                return (20 - kind, new PlanStep(PlanAction.Delete, name, live,
                    kind == 3 ? $"remove {name} and its interface; {live} sessions end" : $"remove {name}"));
            case { Before: DelegateRecord before, After: DelegateRecord after } when before.Proxy != after.Proxy:
                return (11, new PlanStep(PlanAction.Swap, name, 0,
                    $"point {name} at {Or(after.Proxy, "nothing")} instead of {Or(before.Proxy, "nothing")}"));
            case { Before: DeviceRecord before, After: DeviceRecord after } when ChangePreparer.Reopens(before, after):
                return (14, new PlanStep(PlanAction.Reopen, name, live, $"open the interface of {name} anew; {live} sessions end"));
            case { Before: { } before, After: { } after } when before.Revision != after.Revision:
                return (10 + kind, new PlanStep(PlanAction.Update, name, 0, $"change {name}"));
            default:
                return null; // only its owner
        }
    }

    // A document that was read from here has no secrets; where nothing else was changed, those that are there are meant.
    private static DesiredState WithKnownSecrets(ControlState state, DesiredState desired) => desired with
    {
        Proxies = [.. desired.Proxies.Select(draft =>
            state.Proxies.TryGetValue(draft.Name, out ProxyRecord? known) && draft.Config == known.Spec.Chain.Redacted
                ? draft with { Config = known.Draft.Config }
                : draft)],
    };

    private static HashSet<string> Remaining(ControlState state, ApplyRequest request) =>
        request.Prune ? [] : [.. state.All().Where(r => !Forgotten(r, request)).Select(r => r.Name)];

    private static bool Forgotten(ResourceRecord record, ApplyRequest request) =>
        request.Prune || (request.Source == ResourceSource.File && record.Source == ResourceSource.File);

    private static void Put(StateDraft draft, ProxyDraft wish)
    {
        ProxySpec spec = ViolationList.Validated(wish.Name,
            violations => ProxyValidator.Validate(wish, "", FieldNaming.Json, violations));
        if (!draft.State.Proxies.TryGetValue(wish.Name, out ProxyRecord? known))
        {
            draft.Add(wish, spec);
        }
        else if (known.Draft.Config != wish.Config || known.Spec.UdpIdleTimeout != spec.UdpIdleTimeout)
        {
            draft.Change(wish.Name, wish, spec);
        }
    }

    private static void Put(StateDraft draft, DelegateDraft wish)
    {
        DelegateSpec spec = ViolationList.Validated(wish.Name,
            violations => DelegateValidator.Validate(wish, "", FieldNaming.Json, violations, blocked: true));
        if (draft.State.Delegates.ContainsKey(wish.Name))
        {
            draft.Change(spec);
        }
        else
        {
            draft.Add(spec);
        }
    }

    private static void Put(StateDraft draft, PolicyDraft wish)
    {
        PolicySpec spec = ViolationList.Validated(wish.Name,
            violations => PolicyValidator.Validate(wish, "", FieldNaming.Json, violations));
        if (!draft.State.Policies.TryGetValue(wish.Name, out PolicyRecord? known))
        {
            draft.Add(wish, spec);
        }
        else if (!known.Spec.Says(spec))
        {
            draft.Change(wish.Name, wish, spec);
        }
    }

    private static void Put(StateDraft draft, DeviceDraft wish)
    {
        TunSpec spec = ViolationList.Validated(wish.Name,
            violations => DeviceValidator.Validate(wish, "", FieldNaming.Json, violations));
        if (!draft.State.Devices.TryGetValue(wish.Name, out DeviceRecord? known))
        {
            draft.Add(wish, spec);
        }
        else if (RecordCodec.Text(known.Draft) != RecordCodec.Text(wish.Normalized(spec)))
        {
            draft.Change(wish.Name, wish, spec);
        }
    }

    private static void Remove(StateDraft draft, ApplyRequest request)
    {
        HashSet<string> wished = [.. Names(request.Desired)];
        foreach (ResourceRecord record in draft.Base.All().Reverse().Where(r => !wished.Contains(r.Name) && Forgotten(r, request)))
        {
            if (!request.Prune && draft.State.UsersOf(record.Name).Count > 0)
            {
                // Somebody who is not of the file uses it: it stays, and is nobody's of the file any more.
                draft.Own(record.Name, ResourceSource.Api);
            }
            else
            {
                draft.Remove(record);
            }
        }
    }

    private static string Or(string text, string otherwise) => text.Length > 0 ? text : otherwise;

    private static void CheckConflicts(ControlState state, DesiredState desired)
    {
        ViolationList violations = new();
        for (int i = 0; i < desired.Devices.Count; i++)
        {
            DeviceRecord mine = state.Device(desired.Devices[i].Name);
            foreach (DeviceRecord other in state.Devices.Values.Where(other => other.Name != mine.Name))
            {
                DeviceConflicts.Check(mine.Spec, other.Spec, $"devices[{i}].", violations);
            }
        }

        violations.ThrowIfAny("");
    }

    private static IEnumerable<string> Names(DesiredState desired) =>
        [.. desired.Proxies.Select(p => p.Name),
            .. desired.Delegates.Select(d => d.Name), .. desired.Policies.Select(p => p.Name), .. desired.Devices.Select(d => d.Name)];
}
