using System.Globalization;
using NetControl.ControlPlane.Engines;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Registry;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Validation;
using NetControl.Engine;
using NetControl.Engine.Sessions;

namespace NetControl.ControlPlane.Sessions;

/// <summary>The verbs of sessions.</summary>
/// <remarks>Thread rule: any thread; the engine copies on its loops, everything here works on the copies.</remarks>
public sealed class SessionDirectory
{
    private readonly Mutator _mutator;
    private readonly IEngine _engine;

    internal SessionDirectory(Mutator mutator, IEngine engine)
    {
        _mutator = mutator;
        _engine = engine;
    }

    /// <summary>Reads a page of live sessions, oldest first.</summary>
    /// <param name="parent">A device's name; empty or <c>devices/-</c> for all.</param>
    /// <param name="filter">Which ones.</param>
    /// <param name="pageSize">How many.</param>
    /// <param name="pageToken">Where to go on.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public async Task<Page<SessionInfo>> ListAsync(string parent, SessionFilter filter, int pageSize, string pageToken,
        CancellationToken cancellationToken)
    {
        SessionFilter scoped = parent is "" or "devices/-" ? filter : filter.ForDevice(Device(parent));
        int size = Paging.Size(pageSize);
        string scope = $"sessions;{scoped}";
        (long Ticks, ulong Id) after = ParseKey(Paging.After(scope, pageToken));
        IReadOnlyList<SessionInfo> all = await _engine.ListSessionsAsync(scoped.Matches, cancellationToken);
        List<SessionInfo> rest = [
            .. all.Where(s => (s.OpenedUtcTicks, s.Id).CompareTo(after) > 0).OrderBy(s => (s.OpenedUtcTicks, s.Id)).Take(size + 1)];
        if (rest.Count <= size)
        {
            return new Page<SessionInfo>(rest, "");
        }

        rest.RemoveAt(size);
        SessionInfo last = rest[^1];
        return new Page<SessionInfo>(rest,
            Paging.Token(scope, string.Create(CultureInfo.InvariantCulture, $"{last.OpenedUtcTicks}.{last.Id}")));
    }

    /// <summary>Reads one live session with its inner values.</summary>
    public async Task<SessionDetail> GetAsync(string name, CancellationToken cancellationToken)
    {
        if (!ResourceName.TryParseSession(name, out string device, out ulong id))
        {
            ViolationList violations = new();
            violations.Add("name", name, "is not the name of a session", "write e.g. devices/tun0/sessions/s17", "INVALID_NAME");
            violations.ThrowIfAny(name);
        }

        SessionDetail? detail = await _engine.GetSessionAsync(id, cancellationToken);
        return detail is { } found && string.Equals(found.Info.Device, device, StringComparison.Ordinal)
            ? found
            : throw new ControlPlaneException(ControlPlaneError.NotFound, $"\"{name}\" does not exist, or has ended", name);
    }

    /// <summary>Reads the books, at one moment of each loop: everything in them adds up.</summary>
    public Task<IReadOnlyList<AccountingRow>> ReadAccountingAsync(CancellationToken cancellationToken) =>
        _engine.ReadAccountingAsync(cancellationToken);

    /// <summary>Closes sessions by name and by filter; returns how many.</summary>
    public async Task<int> CloseAsync(IReadOnlyList<string> names, SessionFilter filter, bool all, bool validateOnly,
        CancellationToken cancellationToken)
    {
        ViolationList violations = new();
        HashSet<(string Device, ulong Id)> chosen = [];
        for (int i = 0; i < names.Count; i++)
        {
            if (ResourceName.TryParseSession(names[i], out string device, out ulong id))
            {
                chosen.Add((device, id));
            }
            else
            {
                violations.Add($"names[{i}]", names[i], "is not the name of a session", "write e.g. devices/tun0/sessions/s17",
                    "INVALID_NAME");
            }
        }

        if (names.Count == 0 && filter.IsAll && !all)
        {
            violations.AddText("filter", "chooses every session; name some, narrow the filter, or set all", "REQUIRED");
        }

        violations.ThrowIfAny("");
        bool byFilter = all || !filter.IsAll;
        bool Selects(in SessionInfo s) => (byFilter && filter.Matches(s)) || chosen.Contains((s.Device, s.Id));
        return validateOnly
            ? (await _engine.ListSessionsAsync(Selects, cancellationToken)).Count
            : await _engine.CloseSessionsAsync(Selects, SessionCause.ClosedByOperator, CancellationToken.None);
    }

    private string Device(string name) => _mutator.State.Device(name).Name;

    private static (long Ticks, ulong Id) ParseKey(string key)
    {
        int dot = key.IndexOf('.', StringComparison.Ordinal);
        return dot > 0
            && long.TryParse(key.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out long ticks)
            && ulong.TryParse(key.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ulong id)
            ? (ticks, id)
            : (long.MinValue, 0UL);
    }
}
