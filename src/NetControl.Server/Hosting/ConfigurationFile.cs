using NetControl.ControlPlane;
using NetControl.ControlPlane.Configurations;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.State;
using NetControl.Server.Configuration;
using NetControl.Server.Metrics;

namespace NetControl.Server.Hosting;

/// <summary>The configuration file while the process runs: applied at the start, and when asked to again.</summary>
internal sealed class ConfigurationFile
{
    private readonly string _path;
    private readonly ServerConfiguration _first;
    private readonly NetControlPlane _plane;
    private readonly ControlMetrics _metrics;
    private readonly ILogger _logger;
    private readonly Action<SystemMutation> _audit;

    public ConfigurationFile(string path, ServerConfiguration first, NetControlPlane plane, ControlMetrics metrics, ILogger logger,
        Action<SystemMutation> audit)
    {
        _path = path;
        _first = first;
        _plane = plane;
        _metrics = metrics;
        _logger = logger;
        _audit = audit;
    }

    /// <summary>Makes the file true at the start. What an orchestrator applied and never confirmed is taken back first: it had its time.</summary>
    public async Task ApplyAsync(ServerConfiguration configuration)
    {
        if (_plane.Configuration.Get().Pending is { } pending)
        {
            await AuditedAsync(SystemCause.UnconfirmedReverted, $"nobody confirmed the configuration \"{pending.Id}\" before the process began anew",
                context => _plane.Configuration.RevertAsync(pending.Id, context));
        }

        await AuditedAsync(SystemCause.StartupFile, $"{_path} was applied at the start", context => MakeTrueAsync(configuration, context));
    }

    /// <summary>Reads the file again; when anything is wrong everything stays as it is.</summary>
    public async Task ReloadAsync()
    {
        try
        {
            ServerConfiguration configuration = ConfigurationLoader.LoadFile(_path, _first.Ipv6);
            if (configuration.Http != _first.Http || !configuration.Grpc.SequenceEqual(_first.Grpc))
            {
                ServerLog.ListenUnchanged(_logger, _path);
            }

            ApplyResult result = await AuditedAsync(SystemCause.ReloadedFile, $"SIGHUP: {_path} was applied again",
                context => MakeTrueAsync(configuration, context));
            _metrics.CountReload(succeeded: true);
            ServerLog.Reloaded(_logger, _path, result.Steps.Count);
        }
        catch (ConfigurationException e)
        {
            _metrics.CountReload(succeeded: false);
            ServerLog.NotReloaded(_logger, _path, e.Message);
            _audit(new SystemMutation(SystemCause.ReloadedFile, $"SIGHUP: {_path} is not valid", [],
                new ControlPlaneException(ControlPlaneError.InvalidArgument, "the file is not valid; the server's log says where")));
        }
        catch (ControlPlaneException e)
        {
            _metrics.CountReload(succeeded: false);
            ServerLog.NotReloaded(_logger, _path, e.Message);
        }
    }

    private Task<ApplyResult> MakeTrueAsync(ServerConfiguration configuration, MutationContext context) => _plane.Configuration.ApplyAsync(
        new ApplyRequest(configuration.Desired) { Source = ResourceSource.File }, context);

    private async Task<T> AuditedAsync<T>(SystemCause cause, string why, Func<MutationContext, Task<T>> change)
    {
        IReadOnlyList<ResourceChange> changed = [];
        try
        {
            T result = await change(MutationContext.Internal with { OnChanged = changes => changed = changes });
            _audit(new SystemMutation(cause, why, changed));
            return result;
        }
        catch (ControlPlaneException e)
        {
            _audit(new SystemMutation(cause, why, changed, e));
            throw;
        }
    }
}
