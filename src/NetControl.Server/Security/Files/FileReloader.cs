using System.Security.Cryptography;
using NetControl.ControlPlane.Validation;

namespace NetControl.Server.Security.Files;

/// <summary>Looks at files every two seconds and takes what changed into force.</summary>
/// <remarks>
/// By content, not by events: a rename, a rewrite, Kubernetes' swap of the <c>..data</c> link and a network file system all look the same,
/// and reading a few kilobytes from the page cache costs less than being wrong about which of them it was. Two files that are replaced one
/// after the other may be seen half-way: that pair is refused, and the next look sees the whole.
/// </remarks>
internal sealed partial class FileReloader : IDisposable
{
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    private readonly IReloadable _target;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private string _seen;
    private ITimer? _timer;
    private long _succeeded;
    private long _failed;

    private FileReloader(IReloadable target, string seen, TimeProvider time, ILogger logger)
    {
        _target = target;
        _seen = seen;
        _time = time;
        _logger = logger;
    }

    /// <summary>What is reloaded.</summary>
    public string Name => _target.Name;

    /// <summary>How often new contents came into force.</summary>
    public long Succeeded => Volatile.Read(ref _succeeded);

    /// <summary>How often new contents could not be used, and the old ones stayed.</summary>
    public long Failed => Volatile.Read(ref _failed);

    /// <summary>Loads the files for the first time; every fault is noted.</summary>
    public static FileReloader? Open(IReloadable target, TimeProvider time, ILogger logger, ViolationList violations)
    {
        int before = violations.Items.Count;
        string seen = Attempt(target, time.GetUtcNow(), null, violations) ?? "";
        return violations.Items.Count == before ? new FileReloader(target, seen, time, logger) : null;
    }

    /// <summary>Gets, for the audit log, what happened to new contents: whether they came into force, and a line for people. Set before
    /// <see cref="Start"/>.</summary>
    public Action<bool, string>? OnLooked { get; set; }

    /// <summary>Begins to look.</summary>
    public void Start() => _timer = _time.CreateTimer(static state => ((FileReloader)state!).Look(), this, Period, Period);

    public void Dispose() => _timer?.Dispose();

    /// <summary>Looks now.</summary>
    public void Look()
    {
        lock (_gate)
        {
            ViolationList violations = new();
            string before = _target.InForce;
            string? now = Attempt(_target, _time.GetUtcNow(), _seen, violations);
            if (now is not null && now != _seen)
            {
                // What could not be used is remembered, too, or it would be logged for ever.
                _seen = now;
                if (violations.Items.Count == 0)
                {
                    Interlocked.Increment(ref _succeeded);
                    LogReloaded(_target.Name);
                    OnLooked?.Invoke(true, $"{_target.Name}: {before} became {_target.InForce}");
                }
                else
                {
                    Interlocked.Increment(ref _failed);
                    LogRefused(_target.Name, string.Join("; ", violations.Items));
                    OnLooked?.Invoke(false, $"{_target.Name}: {string.Join(", ", _target.Paths)} cannot be used; {before} stays in force");
                }
            }

            _target.Tick(_time.GetUtcNow());
        }
    }

    // Returns the fingerprint of what was found; contents that were seen before are not loaded again.
    private static string? Attempt(IReloadable target, DateTimeOffset now, string? seen, ViolationList violations)
    {
        List<FileContent> files = [];
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int i = 0; i < target.Paths.Count; i++)
        {
            try
            {
                FileContent file = FileContent.Read(target.Paths[i]);
                hash.AppendData(SHA256.HashData(file.Bytes));
                hash.AppendData([(byte)(file.WritableByOthers ? 1 : 0)]);
                files.Add(file);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                violations.Add(target.Fields[i], target.Paths[i], $"cannot be read ({e.Message})",
                    "write the path of a file that this user may read", "UNREADABLE");
            }
        }

        if (violations.Items.Count > 0 && files.Count < target.Paths.Count)
        {
            return string.Join('\n', violations.Items);
        }

        string print = Convert.ToHexString(hash.GetHashAndReset());
        if (print != seen)
        {
            target.Load(files, violations, now);
        }

        return print;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Name}: the new files are in force")]
    private partial void LogReloaded(string name);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Name}: the new files cannot be used, the old ones stay in force: {Faults}")]
    private partial void LogRefused(string name, string faults);
}
