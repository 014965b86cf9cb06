using Google.Protobuf;

namespace NetControl.Server.Tests.Model;

/// <summary>What one request came to: every answer that its caller got to it, and between which revisions.</summary>
/// <param name="Ask">The request.</param>
/// <param name="Changes">Whether it was meant to change something: no read, no dry run.</param>
/// <param name="After">The revision in force before it was sent first.</param>
internal sealed record Deed(Ask Ask, bool Changes, long After)
{
    /// <summary>Answers, with the revision in force when they came.</summary>
    public List<(IMessage Answer, long Upto)> Answers { get; } = [];

    public List<(string Reason, long Upto)> Refusals { get; } = [];
}
