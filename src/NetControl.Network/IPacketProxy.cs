namespace NetControl.Network;

/// <summary>A way out for UDP: makes a session for each source socket of the application side.</summary>
public interface IPacketProxy
{
    /// <summary>Starts a session. May be called from several threads at once, and never waits for the network.</summary>
    /// <param name="responses">
    /// Where the session delivers what comes back, from any source (full-cone). The proxy closes it exactly once, when no more will come.
    /// </param>
    /// <returns>Where the application's datagrams go. A session may receive without ever sending.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="responses"/> is null.</exception>
    /// <exception cref="DialException">The session's resources could not be opened.</exception>
    IPacketRequestSender NewSession(IPacketResponseReceiver responses);
}
