using Microsoft.Extensions.Logging.Abstractions;
using NetControl.ControlPlane;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Storage;
using NetControl.Engine;
using NetControl.Engine.Hardening;
using NetControl.Engine.Loops;
using NetControl.Server.Audit;
using NetControl.Server.Configuration;
using NetControl.Server.Logging;
using NetControl.Server.Machine;
using NetControl.Server.Metrics;
using NetControl.Server.Security;
using NetControl.Server.Telemetry;

namespace NetControl.Server.Hosting;

/// <summary>The life of the process: 1. check the file, 2. bind, 3. state, 4. engine and devices, 5. Kestrel, 6. ready, 7. wait, and
/// back.</summary>
/// <remarks>What is cheap and may fail comes first, while there is nothing to undo. Devices pass traffic before the first RPC is
/// served.</remarks>
internal static class ServerProcess
{
    private static readonly TimeSpan s_goodbye = TimeSpan.FromSeconds(3);

    public static async Task<int> RunAsync(ServerOptions options)
    {
        TimeSlice.Shorten();
        try
        {
            string text = options.ConfigFile is null ? "" : ConfigurationLoader.ReadFile(options.ConfigFile);
            if (options.Hardening && !options.CheckOnly)
            {
                ProcessHardening.Confine(() => NeededCapabilities.Of(text));
                ProcessHardening.KeepSecrets();
            }

            ServerConfiguration configuration = ConfigurationLoader.Load(text, options.ConfigFile ?? "config", options.Ipv6);
            if (options.AuditLog is { } auditLog)
            {
                configuration = configuration with { Access = configuration.Access with { AuditFile = Path.GetFullPath(auditLog) } };
            }

            if (options.CheckOnly)
            {
                using AccessRuntime check = AccessRuntime.Open(configuration.Access with { AuditFile = "" }, options.ConfigFile ?? "config",
                    TimeProvider.System, NullLoggerProvider.Instance);
                await Console.Out.WriteLineAsync("valid");
                return ExitCode.Ok;
            }

            using StderrLoggerProvider lines = new(options.LogLevel, options.JsonLogs);
            using TelemetryExport? telemetry = TelemetryExport.Start(
                TelemetrySettings.Choose(configuration.Telemetry, Environment.GetEnvironmentVariable));
            using ILoggerProvider? exporting = telemetry is null ? null : new ExportingLoggerProvider(lines, telemetry);
            await ServeAsync(options, configuration, exporting ?? lines, telemetry is not null);
            return ExitCode.Ok;
        }
        catch (ConfigurationException e)
        {
            return await FailAsync(ExitCode.InvalidConfiguration, e.Message);
        }
        catch (StartException e)
        {
            return await FailAsync(e.ExitCode, e.Message);
        }
        catch (StorageException e)
        {
            return await FailAsync(ExitCode.StateUnusable, e.Message);
        }
        catch (ControlPlaneException e)
        {
            return await FailAsync(ExitCode.Of(e.Error), e.Resource.Length > 0 ? $"{e.Resource}: {e.Message}" : e.Message);
        }
        catch (Exception e)
        {
            return await FailAsync(ExitCode.Internal, e.ToString());
        }
    }

    private static async Task ServeAsync(ServerOptions options, ServerConfiguration configuration, ILoggerProvider logs, bool traces)
    {
        ILogger log = logs.CreateLogger("NetControl");
        using ProcessSignals signals = new();
        using AccessRuntime access = AccessRuntime.Open(configuration.Access, options.ConfigFile ?? "config", TimeProvider.System, logs);
        using BoundListeners listeners = BoundListeners.Bind(
            configuration.Grpc, configuration.Json, configuration.Http, configuration.Access.SocketOwner,
            configuration.Access.SocketGroup, configuration.Health);
        ControlMetrics metrics = new();
        using IStateStore store = new MeteredStateStore(StateFile.Open(options), metrics);
        await using PacketEngine engine = new(Sized(configuration.Engine, options), logs.CreateLogger("NetControl.Engine"));
        using NetControlPlane plane = new(engine, store, TimeProvider.System, logs.CreateLogger("NetControl.ControlPlane"));
        void Audit(SystemMutation mutation) => access.Audit.Write(mutation, TimeProvider.System);
        plane.OnSystemMutation = Audit;
        plane.Restore(configuration.Desired);
        long generation = plane.Configuration.Generation;
        ServerLog.State(log, store.Description, generation);
        Audit(new SystemMutation(SystemCause.ProcessStarted,
            $"netcontrold {BuildInfo.Version}, process {Environment.ProcessId}, with generation {generation} of {store.Description}", []));
        ConfigurationFile? file = options.ConfigFile is null ? null
            : new ConfigurationFile(options.ConfigFile, configuration, plane, metrics, log, Audit);
        if (file is not null)
        {
            await file.ApplyAsync(configuration);
        }

        await using WebApplication app = WebHost.Build(plane, listeners, access, logs, metrics, traces);
        try
        {
            await app.StartAsync();
            using MemoryHousekeeper housekeeper = MemoryHousekeeper.Start(plane);
            await Console.Out.WriteLineAsync(ReadyLine(plane, listeners));
            await ServeUntilEndAsync(signals, file, log);
        }
        finally
        {
            await plane.DrainAsync(signals.Requested.IsCompleted ? options.DrainTimeout : TimeSpan.Zero);
            await plane.ShutdownAsync();
            using CancellationTokenSource limit = new(s_goodbye);
            await app.StopAsync(limit.Token);
            Audit(new SystemMutation(SystemCause.ProcessStopped, signals.Requested.IsCompleted ? "it was asked to end" : "it failed", []));
        }

        ServerLog.Ended(log);
    }

    // What was not asked for follows what the cgroup grants.
    private static EngineOptions Sized(EngineOptions engine, ServerOptions options) => engine with
    {
        Loops = options.Loops,
        TunPath = options.TunPath ?? engine.TunPath,
    };

    private static async Task ServeUntilEndAsync(ProcessSignals signals, ConfigurationFile? file, ILogger log)
    {
        Task<bool> hangUp = signals.Reloads.ReadAsync().AsTask();
        while (await Task.WhenAny(signals.Requested, hangUp) == hangUp)
        {
            if (file is null)
            {
                ServerLog.NothingToReload(log);
            }
            else
            {
                await file.ReloadAsync();
            }

            hangUp = signals.Reloads.ReadAsync().AsTask();
        }
    }

    private static string ReadyLine(NetControlPlane plane, BoundListeners listeners)
    {
        IEnumerable<string> parts = plane.Devices.All().Where(d => d.Status is not null).Select(d => d.Meta.Name)
            .Concat(listeners.Grpc.Select(l => $"grpc {l.Url}"))
            .Concat(listeners.Json.Select(l => $"json {l.Url}"))
            .Concat(listeners.Http is null ? [] : [$"http {listeners.Http.Url}"])
            .Concat(listeners.Health is null ? [] : [$"health {listeners.Health.Url}"]);
        return $"ready: {string.Join(", ", parts)}";
    }

    private static async Task<int> FailAsync(int code, string message)
    {
        foreach (string line in message.Split('\n'))
        {
            await Console.Error.WriteLineAsync($"netcontrold: {line}");
        }

        return code;
    }
}
