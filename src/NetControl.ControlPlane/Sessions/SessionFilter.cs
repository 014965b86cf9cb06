using NetControl.ControlPlane.Events;
using NetControl.Engine.Sessions;

namespace NetControl.ControlPlane.Sessions;

/// <summary>Chooses sessions: fields joined by "and", values of a field by "or", an empty field chooses all.</summary>
/// <remarks>Immutable, pure and quick: loops ask it of sessions.</remarks>
public sealed class SessionFilter
{
    /// <summary>Chooses every session.</summary>
    public static readonly SessionFilter All = new([], [], []);

    private readonly string[] _devices;
    private readonly string[] _delegates;
    private readonly SessionProtocol[] _protocols;

    /// <summary>Makes a filter.</summary>
    public SessionFilter(IEnumerable<string> devices, IEnumerable<string> delegates, IEnumerable<SessionProtocol> protocols)
    {
        _devices = [.. devices];
        _delegates = [.. delegates];
        _protocols = [.. protocols];
    }

    /// <summary>Whether it chooses every session.</summary>
    public bool IsAll => _devices.Length == 0 && _delegates.Length == 0 && _protocols.Length == 0;

    /// <summary>The same filter for one device only.</summary>
    public SessionFilter ForDevice(string device) => new([device], _delegates, _protocols);

    /// <summary>Whether the session is chosen.</summary>
    public bool Matches(in SessionInfo session) =>
        (_protocols.Length == 0 || Array.IndexOf(_protocols, session.Protocol) >= 0)
        && (_devices.Length == 0 || Contains(_devices, session.Device))
        && (_delegates.Length == 0 || Contains(_delegates, session.Egress?.DelegateName ?? ""));

    /// <summary>Whether a delegate's switch is chosen: the delegate is, and a device that uses it; a switch has no protocol.</summary>
    public bool Matches(DelegateSwitch made) =>
        (_devices.Length == 0 || made.Devices.Any(device => Contains(_devices, device)))
        && (_delegates.Length == 0 || Contains(_delegates, made.Delegate));

    /// <summary>A text that is the same for the same choice; part of page tokens.</summary>
    public override string ToString() => $"{string.Join(',', _devices)};{string.Join(',', _delegates)};{string.Join(',', _protocols)}";

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
