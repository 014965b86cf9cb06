using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Validation;
using NetControl.Server.Audit;
using NetControl.Server.Configuration;
using NetControl.Server.Limits;
using NetControl.Server.Security.Certificates;
using NetControl.Server.Security.Files;
using NetControl.Server.Security.Tokens;

namespace NetControl.Server.Security;

/// <summary>Everything that decides about callers, loaded and alive: tokens, certificates, budgets, the audit log.</summary>
/// <remarks>Lifetime: made before the listeners are bound, so that a fault in a file is found while there is nothing to undo; disposed after
/// the last call.</remarks>
internal sealed class AccessRuntime : IDisposable
{
    private AccessRuntime(AccessSettings settings, TimeProvider time, AuditLog audit)
    {
        Settings = settings;
        Time = time;
        Audit = audit;
        Budgets = new CallerBudgets(settings.Limits, time);
    }

    public AccessSettings Settings { get; }

    public TimeProvider Time { get; }

    public AuditLog Audit { get; }

    public CallerBudgets Budgets { get; }

    /// <summary>The certificates, or null without TLS.</summary>
    public TlsStore? Tls { get; private init; }

    /// <summary>The tokens, or null without any.</summary>
    public TokenStore? Tokens { get; private init; }

    public IReadOnlyList<FileReloader> Reloaders { get; private init; } = [];

    /// <summary>Loads every file that the settings name.</summary>
    /// <exception cref="ConfigurationException">With every fault of every file.</exception>
    public static AccessRuntime Open(AccessSettings settings, string file, TimeProvider time, ILoggerProvider logs)
    {
        ViolationList violations = new();
        ILogger logger = logs.CreateLogger("NetControl.Security");
        TlsStore? tls = settings.CertificateFile.Length == 0 ? null
            : new TlsStore(settings.CertificateFile, settings.KeyFile, settings.ClientCaFile);
        TokenStore? tokens = settings.TokenFile.Length == 0 ? null : new TokenStore(settings.TokenFile);
        List<FileReloader> reloaders = [];
        foreach (IReloadable target in ((IReloadable?[])[tls, tokens]).OfType<IReloadable>())
        {
            if (FileReloader.Open(target, time, logger, violations) is { } reloader)
            {
                reloaders.Add(reloader);
            }
        }

        AuditFile? audit = OpenAudit(settings.AuditFile, violations);
        if (violations.Items.Count > 0)
        {
            audit?.Dispose();
            throw new ConfigurationException(file, violations.Items);
        }

        AuditLog log = new(audit, time, logs.CreateLogger("NetControl.Audit"));
        foreach (FileReloader reloader in reloaders)
        {
            reloader.OnLooked = (used, why) => log.Write(new SystemMutation(SystemCause.CredentialsReloaded, why, [],
                used ? null : new ControlPlaneException(ControlPlaneError.InvalidArgument, why)), time);
            reloader.Start();
        }

        return new AccessRuntime(settings, time, log)
        {
            Tls = tls,
            Tokens = tokens,
            Reloaders = reloaders,
        };
    }

    public void Dispose()
    {
        foreach (FileReloader reloader in Reloaders)
        {
            reloader.Dispose();
        }

        Audit.Dispose();
    }

    private static AuditFile? OpenAudit(string path, ViolationList violations)
    {
        if (path.Length == 0)
        {
            return null;
        }

        try
        {
            return AuditFile.Open(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            violations.Add("audit.file", path, $"cannot be written ({e.Message})", "write a path in a directory that this user may write",
                "UNWRITABLE");
            return null;
        }
    }
}
