using Grpc.Core;
using NetControl.ControlPlane.Mutations;
using NetControl.Server.Mapping;
using NetControl.Server.Security;

namespace NetControl.Server.Audit;

/// <summary>The lines of the audit log for what nobody called for: the server's own doing.</summary>
internal static class SystemAudit
{
    private static readonly Caller s_system = new("system", AuthenticationMethod.System, Role.Admin, "", CancellationToken.None);

    /// <summary>Writes a line; several resources that changed together share it.</summary>
    public static void Write(this AuditLog log, SystemMutation mutation, TimeProvider time) => log.Write(mutation, time, s_system);

    /// <summary>The same, for what somebody did at a command line.</summary>
    public static void Write(this AuditLog log, SystemMutation mutation, TimeProvider time, Caller caller)
    {
        RpcException? failure = mutation.Fault is null ? null : ErrorMapping.ToRpcException(mutation.Fault);
        log.Write(new AuditEntry
        {
            Time = time.GetUtcNow(),
            Caller = caller,
            Address = caller.Address,
            Rpc = "",
            Code = failure?.StatusCode ?? StatusCode.OK,
            Reason = mutation.Fault is null ? "" : Words.UpperSnake(mutation.Fault.Error.ToString()),
            Changes = [.. mutation.Changes.Select(change => change.ToAudit())],
            Cause = mutation.Cause,
            Why = mutation.Why,
        });
    }
}
