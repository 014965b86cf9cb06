using NetControl.ControlPlane.Validation;

namespace NetControl.ControlPlane.Lists;

/// <summary>What a list was asked for.</summary>
/// <param name="Filter">Which items; empty is all.</param>
/// <param name="OrderBy">In which order; empty is the list's own.</param>
/// <param name="PageSize">How many; 0 is the default.</param>
/// <param name="PageToken">Where the page before said that this one begins; empty for the first.</param>
public sealed record ListRequest(string Filter = "", string OrderBy = "", int PageSize = 0, string PageToken = "")
{
    /// <summary>What is already known to be wrong with the request: told together with the rest.</summary>
    public IReadOnlyList<Violation> Faults { get; init; } = [];
}
