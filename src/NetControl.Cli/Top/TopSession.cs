using NetControl.Protocol.V1;

namespace NetControl.Cli.Top;

/// <summary>One live session, with what it moved since the sample before.</summary>
internal sealed class TopSession
{
    private long _sampledSent;
    private long _sampledReceived;

    public TopSession(Session session)
    {
        Session = session;
        _sampledSent = session.BytesSent;
        _sampledReceived = session.BytesReceived;
    }

    public Session Session { get; set; }

    /// <summary>Bytes a second from the application.</summary>
    public double SentRate { get; private set; }

    /// <summary>Bytes a second for the application.</summary>
    public double ReceivedRate { get; private set; }

    public double Rate => SentRate + ReceivedRate;

    public long Bytes => Session.BytesSent + Session.BytesReceived;

    public void Sample(double seconds)
    {
        SentRate = (Session.BytesSent - _sampledSent) / seconds;
        ReceivedRate = (Session.BytesReceived - _sampledReceived) / seconds;
        _sampledSent = Session.BytesSent;
        _sampledReceived = Session.BytesReceived;
    }
}
