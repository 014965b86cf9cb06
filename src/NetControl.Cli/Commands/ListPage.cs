using Google.Protobuf.WellKnownTypes;

namespace NetControl.Cli.Commands;

/// <summary>A page that is asked for.</summary>
/// <param name="Filter">Which items.</param>
/// <param name="OrderBy">In which order.</param>
/// <param name="Size">How many.</param>
/// <param name="Token">Where it begins.</param>
/// <param name="ReadMask">Which of their fields; null is all.</param>
internal sealed record ListPage(string Filter, string OrderBy, int Size, string Token, FieldMask? ReadMask);
