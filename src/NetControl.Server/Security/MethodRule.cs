using Google.Protobuf.Reflection;

namespace NetControl.Server.Security;

/// <summary>One row of the table of methods.</summary>
/// <param name="Service">The service's full name.</param>
/// <param name="Name">The method's name.</param>
/// <param name="Role">The least role that may call it; <see cref="Role.None"/> is everybody, known or not.</param>
/// <param name="Audited">Whether attempts go into the audit log.</param>
internal sealed record MethodRule(string Service, string Name, Role Role, bool Audited)
{
    /// <summary>What the proto says of it; null for a method that no proto of ours describes.</summary>
    public MethodDescriptor? Descriptor { get; init; }

    /// <summary>Whether nobody is asked who they are.</summary>
    public bool IsOpen => Role == Role.None;

    /// <summary>Whether it holds a stream for as long as its caller likes.</summary>
    public bool IsStream => Descriptor is null || Descriptor.IsServerStreaming || Descriptor.IsClientStreaming;

    /// <summary>The metric label for the kind of call.</summary>
    public string Type => (Descriptor?.IsClientStreaming, Descriptor?.IsServerStreaming) switch
    {
        (false, false) => "unary",
        (false, true) => "server_stream",
        (true, false) => "client_stream",
        _ => "bidi_stream",
    };
}
