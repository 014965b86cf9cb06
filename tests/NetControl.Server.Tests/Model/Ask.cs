using Google.Protobuf;
using Grpc.Core;

namespace NetControl.Server.Tests.Model;

/// <summary>A request, and what the reference model makes of it.</summary>
/// <param name="Request">The message; its request id and whether it is a dry run are set before it is sent.</param>
/// <param name="Send">Sends it.</param>
/// <param name="Edit">Does the same to the model, or refuses.</param>
/// <param name="About">The resource that the answer shows; empty for none.</param>
internal sealed record Ask(IMessage Request, Func<TestServer, CallOptions, Task<IMessage>> Send, Action<ReferenceEdit> Edit, string About = "")
{
    /// <summary>Whether an answer about many resources tells the truth, before and after the edit.</summary>
    public Func<Reference, Reference, IMessage, bool>? Tells { get; init; }

    public bool Changes => Request.Descriptor.FindFieldByName("request_id") is not null;

    /// <summary>Whether the answer is what the model says that it is.</summary>
    public bool Matches(Reference before, Reference after, IMessage answer) =>
        (About.Length == 0 || (Item.OfAnswer(answer) is { } item && after.Items.TryGetValue(About, out Item? expected) && item.Matches(expected)))
        && (Tells is null || Tells(before, after, answer));

    public Ask With(string requestId, bool validateOnly)
    {
        Request.Descriptor.FindFieldByName("request_id").Accessor.SetValue(Request, requestId);
        Request.Descriptor.FindFieldByName("validate_only").Accessor.SetValue(Request, validateOnly);
        return this;
    }

    public override string ToString() => $"{Request.Descriptor.Name} {JsonFormatter.Default.Format(Request)}";
}
