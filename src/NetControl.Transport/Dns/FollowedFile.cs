namespace NetControl.Transport.Dns;

/// <summary>A small file, as it was read last; looked at again once it is a second old, and read again if it has changed.</summary>
/// <remarks>Thread rule: any thread; whoever comes first looks, for the others the old content holds meanwhile.</remarks>
internal sealed class FollowedFile<T>
    where T : class
{
    private const int MostBytes = 1 << 20;
    private static readonly TimeSpan s_freshness = TimeSpan.FromSeconds(1);
    private readonly string _path;
    private readonly Func<string, T> _parse;
    private readonly TimeProvider _timeProvider;
    private readonly Lock _lock = new();
    private volatile T _content;
    private (DateTime Written, long Length) _version;
    private long _looked;

    /// <summary>Makes one that is read when it is needed.</summary>
    /// <param name="path">The file. One that is not there is as good as an empty one.</param>
    /// <param name="parse">Reads its text.</param>
    /// <param name="timeProvider">The clock.</param>
    public FollowedFile(string path, Func<string, T> parse, TimeProvider timeProvider)
    {
        _path = path;
        _parse = parse;
        _timeProvider = timeProvider;
        _content = Read();
    }

    /// <summary>The content.</summary>
    public T Content
    {
        get
        {
            if (_timeProvider.GetElapsedTime(Volatile.Read(ref _looked)) >= s_freshness && _lock.TryEnter())
            {
                try
                {
                    if (_version != Version())
                    {
                        _content = Read();
                    }

                    Volatile.Write(ref _looked, _timeProvider.GetTimestamp());
                }
                finally
                {
                    _lock.Exit();
                }
            }

            return _content;
        }
    }

    private T Read()
    {
        _looked = _timeProvider.GetTimestamp();
        _version = Version();
        try
        {
            return _parse(_version.Length is > 0 and <= MostBytes ? File.ReadAllText(_path) : "");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return _parse("");
        }
    }

    private (DateTime Written, long Length) Version()
    {
        FileInfo file = new(_path);
        if (file.LinkTarget is not null && file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target)
        {
            file = target; // a link's own times say nothing of what it leads to
        }

        return file.Exists ? (file.LastWriteTimeUtc, file.Length) : default;
    }
}
