using NetControl.Protocol.V1;

namespace NetControl.Server.Audit;

/// <summary>The two ends of one stream. One that was refused before it began has one line, like any other call.</summary>
internal sealed class AuditStreamTrail : IAuditStream
{
    private readonly Action<AuditedStream> _onBegin;
    private AuditedStream? _stream;

    public AuditStreamTrail(Action<AuditedStream> onBegin)
    {
        _onBegin = onBegin;
    }

    /// <summary>What its last line says; null where it never began.</summary>
    public AuditedStream? End => _stream is null ? null : _stream with { Ended = true };

    public void Begin() => _onBegin(_stream = new AuditedStream(Guid.NewGuid(), Ended: false, Capture: null));

    public void Captured(CaptureCounters totals) => _stream = _stream is null ? null : _stream with { Capture = totals };
}
