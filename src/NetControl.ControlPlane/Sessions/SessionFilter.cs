using NetControl.ControlPlane.Events;
using NetControl.ControlPlane.Lists;
using NetControl.ControlPlane.Lists.Filters;
using NetControl.ControlPlane.Validation;
using NetControl.Engine.Sessions;

namespace NetControl.ControlPlane.Sessions;

/// <summary>Chooses sessions: fields joined by "and", values of a field by "or", an empty field chooses all; and an expression, which may be
/// anything that lists are filtered by.</summary>
/// <remarks>Immutable, pure and quick: loops ask it of sessions.</remarks>
public sealed class SessionFilter
{
    /// <summary>The request's field that has the expression.</summary>
    public const string ExpressionField = "filter.expression";

    /// <summary>Chooses every session.</summary>
    public static readonly SessionFilter All = new([], [], []);

    private readonly string[] _devices;
    private readonly string[] _delegates;
    private readonly SessionProtocol[] _protocols;
    private readonly ListPredicate<SessionInfo>? _expression;

    /// <summary>Makes a filter.</summary>
    public SessionFilter(IEnumerable<string> devices, IEnumerable<string> delegates, IEnumerable<SessionProtocol> protocols)
        : this([.. devices], [.. delegates], [.. protocols], "", null)
    {
    }

    private SessionFilter(
        string[] devices, string[] delegates, SessionProtocol[] protocols, string text, ListPredicate<SessionInfo>? expression)
    {
        _devices = devices;
        _delegates = delegates;
        _protocols = protocols;
        Expression = text;
        _expression = expression;
    }

    /// <summary>The expression as it was written; empty for none.</summary>
    public string Expression { get; }

    /// <summary>Whether it chooses every session.</summary>
    public bool IsAll => Fields.Length == 0 && _expression is null;

    /// <summary>A text that is the same for the same choice by fields; part of page tokens. Empty for all.</summary>
    internal string Fields => _devices.Length + _delegates.Length + _protocols.Length == 0 ? ""
        : $"{string.Join(',', _devices)};{string.Join(',', _delegates)};{string.Join(',', _protocols)}";

    /// <summary>The same filter for one device only.</summary>
    public SessionFilter ForDevice(string device) => new([device], _delegates, _protocols, Expression, _expression);

    /// <summary>The same filter with an expression.</summary>
    /// <param name="text">The expression.</param>
    /// <param name="now">The moment that ages are counted to.</param>
    /// <param name="lasting">Whether it may only look at what is so all of a session's life.</param>
    /// <param name="faults">What is already known to be wrong with the request.</param>
    /// <exception cref="Errors.ControlPlaneException">It makes no sense; all violations are told.</exception>
    public SessionFilter With(string text, DateTimeOffset now, bool lasting, params IEnumerable<Violation> faults)
    {
        ViolationList violations = new(faults);
        ListPredicate<SessionInfo>? expression =
            (lasting ? SessionList.Lasting : SessionList.Schema).Compile(FilterParser.Parse(text, "filter", violations), now, violations);
        violations.Renamed("filter", ExpressionField).ThrowIfAny("");
        return new SessionFilter(_devices, _delegates, _protocols, text, expression);
    }

    /// <summary>Whether the session is chosen.</summary>
    public bool Matches(in SessionInfo session) => MatchesFields(session) && (_expression is null || _expression(session));

    /// <summary>Whether the session is chosen, whatever the expression says.</summary>
    internal bool MatchesFields(in SessionInfo session) =>
        (_protocols.Length == 0 || Array.IndexOf(_protocols, session.Protocol) >= 0)
        && (_devices.Length == 0 || Contains(_devices, session.Device))
        && (_delegates.Length == 0 || Contains(_delegates, session.Egress?.DelegateName ?? ""));

    /// <summary>Whether a delegate's switch is chosen: the delegate is, and a device that uses it; a switch has no protocol, and nothing that an
    /// expression asks for.</summary>
    public bool Matches(DelegateSwitch made) =>
        (_devices.Length == 0 || made.Devices.Any(device => Contains(_devices, device)))
        && (_delegates.Length == 0 || Contains(_delegates, made.Delegate));

    private static bool Contains(string[] values, string value)
    {
        foreach (string candidate in values)
        {
            if (string.Equals(candidate, value, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
