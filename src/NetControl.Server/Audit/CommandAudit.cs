using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Mutations;
using NetControl.Engine.Hardening;
using NetControl.Server.Security;

namespace NetControl.Server.Audit;

/// <summary>The line in the audit log for what a command of netcontrold does to this machine without a server.</summary>
/// <remarks>The file is opened before anything is done: what cannot be told is not done.</remarks>
internal sealed class CommandAudit : IDisposable
{
    private readonly AuditLog? _log;

    private CommandAudit(AuditLog? log)
    {
        _log = log;
    }

    public static Option<string?> Option(string otherwise) =>
        new("--audit-log") { Description = $"Append a line that tells who did it to this file; {otherwise}.", HelpName = "FILE" };

    /// <summary>Opens the file, where one is named; null, and why, when it cannot be written.</summary>
    public static CommandAudit? TryOpen(string? path, TextWriter errors, string command)
    {
        try
        {
            return new(string.IsNullOrEmpty(path) ? null : new AuditLog(AuditFile.Open(path), TimeProvider.System, NullLogger.Instance));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.WriteLine($"netcontrold {command}: the audit log {path} cannot be written ({e.Message}); nothing was done. "
                + "Write a path in a directory that this user may write");
            return null;
        }
    }

    public void Write(SystemCause cause, string why, ControlPlaneException? fault = null) => _log?.Write(
        new SystemMutation(cause, why, [], fault),
        TimeProvider.System,
        new Caller(
            string.Create(CultureInfo.InvariantCulture, $"uid:{ProcessHardening.EffectiveUserId}"),
            AuthenticationMethod.Command,
            Role.Admin,
            string.Create(CultureInfo.InvariantCulture, $"pid {Environment.ProcessId}"),
            CancellationToken.None));

    public void Dispose() => _log?.Dispose();
}
