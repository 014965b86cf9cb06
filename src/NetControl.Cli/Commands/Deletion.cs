namespace NetControl.Cli.Commands;

/// <summary>What every request that removes a resource says.</summary>
/// <param name="Name">The resource.</param>
/// <param name="Etag">If not empty, must be current.</param>
/// <param name="Force">Even while it is in use.</param>
/// <param name="RequestId">The request's UUID.</param>
/// <param name="ValidateOnly">Every check, and nothing else.</param>
internal sealed record Deletion(string Name, string Etag, bool Force, string RequestId, bool ValidateOnly);
