using NetControl.ControlPlane.Engines;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Lists;
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

    /// <summary>Reads a page of live sessions, oldest first where no other order is asked for.</summary>
    /// <param name="parent">A device's name; empty or <c>devices/-</c> for all.</param>
    /// <param name="filter">Which ones, by fields.</param>
    /// <param name="request">Which ones, by an expression, and which page of them.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public async Task<Page<SessionInfo>> ListAsync(
        string parent, SessionFilter filter, ListRequest request, CancellationToken cancellationToken)
    {
        SessionFilter scoped = parent is "" or "devices/-" ? filter : filter.ForDevice(Device(parent));
        ListQuery<SessionInfo> query = ListQuery<SessionInfo>.Compile(
            request, SessionList.Schema, $"sessions;{scoped.Fields}", _mutator.Now, SessionFilter.ExpressionField);
        SessionCollector[] parts = await _engine.VisitSessionsAsync(() => new SessionCollector(scoped, query.Begin()), cancellationToken);
        return query.End([.. parts.Select(part => part.Page)]);
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

    private string Device(string name) => ResourceName.Is(name, ResourceName.Devices)
        ? _mutator.State.Device(name).Name
        : throw ControlPlaneException.Invalid(
            new Violation("parent", $"\"{name}\" is not the name of a device; write e.g. devices/tun0, or devices/- for all", "INVALID_NAME"));
}
