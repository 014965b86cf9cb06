using NetControl.ControlPlane.Errors;

namespace NetControl.ControlPlane.Validation;

/// <summary>Collects every violation of a request, so that its author can mend all of them at once.</summary>
public sealed class ViolationList
{
    private readonly List<Violation> _items;

    /// <summary>What a validator makes of a resource's draft; a failure with all that is wrong with it where it is not valid.</summary>
    internal static TSpec Validated<TSpec>(string resource, Func<ViolationList, TSpec?> validate)
        where TSpec : class
    {
        ViolationList violations = new();
        TSpec? spec = validate(violations);
        violations.ThrowIfAny(resource);
        return spec!;
    }

    /// <summary>What was found so far.</summary>
    public IReadOnlyList<Violation> Items => _items;

    /// <summary>Makes a list that begins with what somebody else has found.</summary>
    public ViolationList(params IEnumerable<Violation> found)
    {
        _items = [.. found];
    }

    /// <summary>Notes a violation: the value in quotes, what is wrong with it, and the fix.</summary>
    public void Add(string field, string value, string problem, string fix, string reason = "INVALID_VALUE") =>
        _items.Add(new Violation(field, value, problem, fix, reason));

    /// <summary>Notes a value that is too small or too large.</summary>
    public void AddOutOfRange(string field, string value, string fix) => Add(field, value, "is out of range", fix, "OUT_OF_RANGE");

    /// <summary>Notes a duration that is too short or too long.</summary>
    public void AddOutOfRange(string field, TimeSpan value, string fix) => AddOutOfRange(field, DurationText.Of(value), fix);

    /// <summary>Notes a violation whose value must not be shown, or is not there.</summary>
    public void AddText(string field, string description, string reason = "INVALID_VALUE") =>
        _items.Add(new Violation(field, description, reason));

    /// <summary>The same violations, those of one field under another name.</summary>
    public ViolationList Renamed(string from, string to) =>
        new(_items.Select(item => item.Field == from ? item with { Field = to } : item));

    /// <summary>Throws if anything was found.</summary>
    /// <exception cref="ControlPlaneException">With all violations.</exception>
    public void ThrowIfAny(string resource)
    {
        if (_items.Count > 0)
        {
            string message = _items.Count == 1 ? _items[0].ToString() : $"{_items.Count} fields are invalid; the first: {_items[0]}";
            throw new ControlPlaneException(ControlPlaneError.InvalidArgument, message, resource, _items);
        }
    }
}
