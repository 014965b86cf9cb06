using NetControl.ControlPlane;
using NetControl.ControlPlane.Configurations;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.State;
using NetControl.Server.Configuration;
using NetControl.Server.Metrics;

namespace NetControl.Server.Hosting;

/// <summary>Applies the configuration file, at the start and when asked to again.</summary>
internal sealed class FileReloader
{
    private readonly string _path;
    private readonly ServerConfiguration _first;
    private readonly NetControlPlane _plane;
    private readonly ControlMetrics _metrics;
    private readonly ILogger _logger;

    public FileReloader(string path, ServerConfiguration first, NetControlPlane plane, ControlMetrics metrics, ILogger logger)
    {
        _path = path;
        _first = first;
        _plane = plane;
        _metrics = metrics;
        _logger = logger;
    }

    /// <summary>Makes the file true at the start. What an orchestrator applied and never confirmed is taken back first: it had its time.</summary>
    public async Task ApplyAsync(ServerConfiguration configuration)
    {
        if (_plane.Configuration.Get().Pending is { } pending)
        {
            await _plane.Configuration.RevertAsync(pending.Id, MutationContext.Internal);
        }

        await MakeTrueAsync(configuration);
    }

    /// <summary>Reads the file again; when anything is wrong everything stays as it is.</summary>
    public async Task ReloadAsync()
    {
        try
        {
            ServerConfiguration configuration = ConfigurationLoader.LoadFile(_path);
            if (configuration.Http != _first.Http || !configuration.Grpc.SequenceEqual(_first.Grpc))
            {
                ServerLog.ListenUnchanged(_logger, _path);
            }

            ApplyResult result = await MakeTrueAsync(configuration);
            _metrics.CountReload(succeeded: true);
            ServerLog.Reloaded(_logger, _path, result.Steps.Count);
        }
        catch (Exception e) when (e is ConfigurationException or ControlPlaneException)
        {
            _metrics.CountReload(succeeded: false);
            ServerLog.NotReloaded(_logger, _path, e.Message);
        }
    }

    private Task<ApplyResult> MakeTrueAsync(ServerConfiguration configuration) => _plane.Configuration.ApplyAsync(
        new ApplyRequest(configuration.Desired) { Source = ResourceSource.File }, MutationContext.Internal);
}
