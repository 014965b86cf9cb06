namespace NetControl.Cli.Output;

/// <summary>What to do about a refusal, where its reason alone says it.</summary>
internal static class Hints
{
    public static string? For(string reason, string resource) => reason switch
    {
        "NOT_FOUND" when resource.Contains('/', StringComparison.Ordinal) =>
            $"see what there is: netctl {resource[..resource.IndexOf('/', StringComparison.Ordinal)]} list",
        "ALREADY_EXISTS" => "use another name, or change the one that is there with update",
        "ETAG_MISMATCH" => "somebody changed it in between: read it again, decide again, and use its new etag",
        "GENERATION_MISMATCH" => "somebody changed the configuration in between: read it again with netctl config get",
        "RESOURCE_IN_USE" => "it is in use: --force does it all the same",
        "CONFIRMATION_PENDING" => "an applied document waits: netctl config confirm or netctl config revert, with the id that "
            + "netctl config get shows",
        "REQUEST_ID_REUSED" => "use a fresh request id for another request",
        "RESUME_POINT_EXPIRED" => "begin again, with --snapshot and without --resume",
        "SHUTTING_DOWN" => "the server is ending: try again when it is back",
        "STORAGE_FAILED" => "the server's state file cannot be written: is its disk full, or read-only?",
        _ => null,
    };
}
