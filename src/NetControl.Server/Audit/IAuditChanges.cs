using Google.Protobuf;

namespace NetControl.Server.Audit;

/// <summary>Where whoever carries out a call tells what it changed, resource by resource, for the call's line in the audit log.</summary>
/// <remarks>A feature of the request's HttpContext while an audited call is carried out. Threads: any.</remarks>
internal interface IAuditChanges
{
    /// <summary>Notes a change; the messages are kept, and must not be changed afterwards.</summary>
    void Add(string resource, IMessage? before, IMessage? after);
}
