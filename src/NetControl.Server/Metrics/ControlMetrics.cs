using NetControl.ControlPlane.Storage;
using NetControl.Server.Mapping;
using Prometheus;

namespace NetControl.Server.Metrics;

/// <summary>What is counted of the configuration and of its store, from before anything is served.</summary>
internal sealed class ControlMetrics
{
    private readonly Histogram _commit;
    private readonly Counter _failures;
    private readonly Counter _reloads;
    private readonly Gauge _generation;

    public ControlMetrics()
    {
        Registry = Prometheus.Metrics.NewCustomRegistry();
        MetricFactory make = Prometheus.Metrics.WithCustomRegistry(Registry);
        _commit = make.CreateHistogram("netcontrol_storage_commit_seconds", "How long storing a change took, until it was safe.",
            new HistogramConfiguration { Buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5] });
        _failures = make.CreateCounter("netcontrol_storage_failures_total",
            "Changes that were refused because they could not be stored, by what was wrong.", "reason");
        _reloads = make.CreateCounter("netcontrol_config_reloads_total",
            "How often the configuration file was read again on SIGHUP; one with a fault changes nothing.", "result");
        _generation = make.CreateGauge("netcontrol_config_generation", "The configuration's generation: it grows with every change.");

        // What has not happened yet is 0, and not absent: an alert can tell.
        foreach (StorageError error in Enum.GetValues<StorageError>())
        {
            _failures.WithLabels(Words.Snake(error.ToString()));
        }

        _reloads.WithLabels("success");
        _reloads.WithLabels("failure");
    }

    /// <summary>Where all of the server's metrics are.</summary>
    public CollectorRegistry Registry { get; }

    public void CountCommit(TimeSpan took) => _commit.Observe(took.TotalSeconds);

    public void CountFailure(StorageError error) => _failures.WithLabels(Words.Snake(error.ToString())).Inc();

    public void CountReload(bool succeeded) => _reloads.WithLabels(succeeded ? "success" : "failure").Inc();

    public void SetGeneration(long generation) => _generation.Set(generation);
}
