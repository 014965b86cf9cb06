namespace NetControl.Transport.Shadowsocks;

/// <summary>The sessions of the server that a packet socket hears: the present one, and the one before (SIP022 section 3.2.4).</summary>
/// <remarks>
/// A server that is restarted begins a new session. A further one, while datagrams of the one before the present came within the last
/// minute, is not believed. One call at a time.
/// </remarks>
internal sealed class ServerSessions(TimeProvider time) : IDisposable
{
    internal static readonly TimeSpan Overlap = TimeSpan.FromSeconds(60);

    private ServerSession? _present;
    private ServerSession? _before;

    /// <summary>A session that is known, or null.</summary>
    public ServerSession? Find(ulong id) => _present?.Id == id ? _present : _before?.Id == id ? _before : null;

    /// <summary>Takes note of an authentic datagram; false if it is a replay, or of a session that is not to be believed.</summary>
    /// <remarks>A session that is refused stays the caller's; one that is taken is disposed of here.</remarks>
    public bool TryAccept(ServerSession session, ulong packet)
    {
        if (!session.Window.TryAdd(packet) || (Find(session.Id) is null && !TryAdopt(session)))
        {
            return false;
        }

        session.LastHeard = time.GetTimestamp();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _present?.Dispose();
        _before?.Dispose();
    }

    private bool TryAdopt(ServerSession session)
    {
        if (_before is not null && time.GetElapsedTime(_before.LastHeard) < Overlap)
        {
            return false;
        }

        _before?.Dispose();
        _before = _present;
        _present = session;
        return true;
    }
}
