namespace NetControl.Cli.Output;

/// <summary>How answers are printed.</summary>
internal enum OutputFormat
{
    /// <summary>For people.</summary>
    Table,

    /// <summary>ProtoJSON, one document a line.</summary>
    Json,

    /// <summary>The same as YAML; further documents of a stream follow after <c>---</c>.</summary>
    Yaml,
}
