using System.Globalization;
using NetControl.Protocol.V1;

namespace NetControl.Server.Tests.Model;

/// <summary>Puts what happened in the one order that the revisions tell, plays it on the reference model, and compares.</summary>
/// <remarks>
/// A change took effect at its revision, which must lie between the moments of its request and its answer; each revision must have one cause.
/// What changed nothing (reads, dry runs, refusals, changes to what is so already) must be right at some revision between those moments.
/// </remarks>
internal sealed class History
{
    private readonly Deed[] _deeds;
    private readonly List<Life> _lives;
    private readonly Dictionary<(string Name, long Revision), string> _uids = [];
    private readonly Dictionary<long, ResourceChange[]> _told = [];
    private readonly Dictionary<long, Item[]> _snapshots = [];
    private readonly List<Reference> _states = [Reference.Empty];
    private readonly HashSet<Deed> _causes = [];

    public History(IEnumerable<Deed> deeds, List<Life> lives)
    {
        _deeds = [.. deeds];
        _lives = lives;
    }

    /// <summary>The state that all of it leads to.</summary>
    public Reference Last => _states[^1];

    public int Causes => _causes.Count;

    public void Check(long last)
    {
        CheckRepetitions();
        CollectUids();
        CollectStream();
        for (long revision = 1; revision <= last; revision++)
        {
            _states.Add(FindCause(revision));
        }

        foreach (Deed deed in _deeds)
        {
            CheckRest(deed);
        }
    }

    private void CheckRepetitions()
    {
        foreach (Deed deed in _deeds.Where(d => d.Changes))
        {
            Assert.True(deed.Answers.Select(a => a.Answer).Distinct().Count() <= 1,
                $"two answers to one request id: {deed.Ask}\n{string.Join('\n', deed.Answers)}");
        }
    }

    private void CollectUids()
    {
        IEnumerable<Item?> seen =
        [
            .. _deeds.Where(d => d.Changes || !d.Ask.Changes).SelectMany(d => d.Answers).Select(a => Item.OfAnswer(a.Answer)),
            .. _lives.SelectMany(life => life.Told).Select(Item.OfChange),
        ];
        foreach (Item item in seen.OfType<Item>().Where(item => item.Revision > 0))
        {
            Assert.Equal(_uids.GetValueOrDefault((item.Name, item.Revision), item.Uid), item.Uid);
            _uids[(item.Name, item.Revision)] = item.Uid;
        }
    }

    // What one transaction changed shares a number, and is the next revision: the stream is in the order of effects.
    private void CollectStream()
    {
        foreach (Life life in _lives)
        {
            long revision = life.First;
            _snapshots[revision] = [.. life.Told.Where(c => c.Type == ResourceChange.Types.Type.Snapshot).Select(c => Item.OfChange(c)!)
                .OrderBy(item => item.Name, StringComparer.Ordinal)];
            foreach (IGrouping<long, ResourceChange> group in life.Told.GroupBy(c => c.Sequence).OrderBy(g => g.Key))
            {
                ResourceChange[] changes = [.. group.Where(c => c.Type
                    is ResourceChange.Types.Type.Added or ResourceChange.Types.Type.Modified or ResourceChange.Types.Type.Removed)];
                if (changes.Length == 0)
                {
                    continue;
                }

                long told = changes.Select(Item.OfChange).OfType<Item>().Select(item => item.Revision).DefaultIfEmpty(0).Max();
                revision = told > 0 ? told : revision + 1;
                Assert.True(_told.TryAdd(revision, changes), $"revision {revision} was told twice");
            }
        }
    }

    private Reference FindCause(long revision)
    {
        Reference before = _states[^1];
        IEnumerable<Deed> candidates = _deeds
            .Where(d => d.Changes && d.Answers.Count > 0 && d.After < revision && revision <= d.Answers.Min(a => a.Upto) && !_causes.Contains(d))
            .OrderBy(d => d.Answers[0].Answer.CalculateSize() == 0) // the answer to a removal says no revision, and fits many
            .ThenBy(d => d.Answers.Min(a => a.Upto));
        (Deed Deed, Reference After)[] possible = [.. candidates.Select(deed => (deed, After: CauseOf(revision, deed, before)))
            .Where(pair => pair.After is not null).Select(pair => (pair.deed, pair.After!))];
        if (possible.Length > 0)
        {
            // One that may as well have found everything as it wanted it, right after somebody else had made it so, is the cause of nothing as
            // long as there is another.
            (Deed cause, Reference after) = possible.FirstOrDefault(pair => !FindsItDone(pair.Deed, pair.After), possible[0]);
            _causes.Add(cause);
            return after;
        }

        throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture,
            $"revision {revision} has no cause; the stream told {string.Join(", ", _told.GetValueOrDefault(revision, []).Select(c => $"{c}"))}\n"
            + $"candidates:\n{string.Join('\n', candidates.Select(d => $"{d.Ask}\n  -> {d.Answers[0]}"))}"));
    }

    private Reference? CauseOf(long revision, Deed deed, Reference before) =>
        Play(deed.Ask, before, UidOf) is { } after && after.Revision == revision && deed.Ask.Matches(before, after, deed.Answers[0].Answer)
        && (!_told.TryGetValue(revision, out ResourceChange[]? told) || IsTold(told, before, after))
        && (!_snapshots.TryGetValue(revision, out Item[]? snapshot) || IsRestored(snapshot, after))
            ? after
            : null;

    private bool FindsItDone(Deed deed, Reference state) =>
        Play(deed.Ask, state, UidOf) == state && deed.Ask.Matches(state, state, deed.Answers[0].Answer);

    // Exactly what has changed, and as it is then.
    private static bool IsTold(ResourceChange[] told, Reference before, Reference after) =>
        told.Select(c => c.Name).Order(StringComparer.Ordinal).SequenceEqual(after.ChangedSince(before)) && told.All(change =>
        {
            Item? now = after.Items.GetValueOrDefault(change.Name);
            ResourceChange.Types.Type type = now is null ? ResourceChange.Types.Type.Removed
                : before.Items.ContainsKey(change.Name) ? ResourceChange.Types.Type.Modified
                : ResourceChange.Types.Type.Added;
            return change.Type == type && (now is null || now.Matches(Item.OfChange(change)!));
        });

    private static bool IsRestored(Item[] snapshot, Reference state) =>
        snapshot.Length == state.Items.Count && snapshot.Zip(state.Items.Values).All(pair => pair.First.Matches(pair.Second));

    private void CheckRest(Deed deed)
    {
        foreach ((string reason, long upto) in deed.Refusals)
        {
            Assert.True(Between(deed.After, upto).Any(state => Refuses(deed.Ask, state) == reason),
                $"{reason} between {deed.After} and {upto} is wrong: {deed.Ask}");
        }

        if (deed.Answers.Count > 0 && !_causes.Contains(deed))
        {
            (Google.Protobuf.IMessage answer, long upto) = deed.Answers[0];
            // A dry run makes up a uid that nobody ever gets.
            Func<string, long, string> uidOf = deed.Changes ? UidOf : static (_, _) => "";
            bool DryOrNone(Reference state) => Play(deed.Ask, state, uidOf) is { } after && (!deed.Changes || after == state)
                && deed.Ask.Matches(state, after, answer);
            Assert.True(Between(deed.After, upto).Any(DryOrNone), $"between {deed.After} and {upto} this had no effect, or is wrong: {deed.Ask}\n{answer}");
        }
    }

    private IEnumerable<Reference> Between(long first, long last) => _states.Skip((int)first).Take((int)(last - first + 1));

    private static Reference? Play(Ask ask, Reference state, Func<string, long, string> uidOf)
    {
        try
        {
            ReferenceEdit edit = new(state, uidOf);
            ask.Edit(edit);
            return edit.Seal();
        }
        catch (Refusal)
        {
            return null;
        }
    }

    private string Refuses(Ask ask, Reference state)
    {
        try
        {
            ask.Edit(new ReferenceEdit(state, UidOf));
            return "";
        }
        catch (Refusal refusal)
        {
            return refusal.Message;
        }
    }

    private string UidOf(string name, long revision) => _uids.GetValueOrDefault((name, revision), "");
}
