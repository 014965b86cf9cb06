namespace NetControl.Transport.Http2;

/// <content>Whether the peer is there, behaves, and is needed: looked at every few seconds.</content>
internal sealed partial class Http2Connection
{
    private ITimer? _timer;
    private int _idleFrames;
    private int _silentTicks;
    private int _emptyTicks;
    private bool _heard;
    private bool _overrun;

    private void StartTicking()
    {
        ITimer timer = _time.CreateTimer(static state => ((Http2Connection)state!).OnTick(), this, Http2Limits.Tick, Http2Limits.Tick);
        lock (_gate)
        {
            if (!_over)
            {
                _timer = timer;
                return;
            }
        }

        timer.Dispose();
    }

    private void StopTicking()
    {
        ITimer? timer;
        lock (_gate)
        {
            timer = _timer;
            _timer = null;
        }

        timer?.Dispose();
    }

    /// <summary>A frame that carried nothing. A few are everybody's right; a flood is not.</summary>
    private void CountIdleFrame()
    {
        if (++_idleFrames > Http2Limits.IdleFrames || _overrun)
        {
            throw new Http2ProtocolException(Http2ErrorCode.EnhanceYourCalm, "the HTTP/2 proxy floods the connection with empty frames");
        }
    }

    private void OnTick()
    {
        Exception? fault = null;
        Http2ErrorCode? tell = null;
        lock (_gate)
        {
            if (_over)
            {
                return;
            }

            _idleFrames = 0;
            _emptyTicks = _attached == 0 ? _emptyTicks + 1 : 0;
            _silentTicks = _heard || _attached == 0 ? 0 : _silentTicks + 1;
            _heard = false;
            if (_overrun || _silentTicks >= Http2Limits.TicksToDeath)
            {
                fault = new Http2StreamException(null, "the HTTP/2 proxy does not answer any more");
            }
            else if (_emptyTicks >= Http2Limits.TicksToIdleEnd)
            {
                fault = new Http2StreamException(null, "the HTTP/2 connection was closed, nobody used it");
                tell = Http2ErrorCode.NoError;
            }
            else if (_silentTicks >= Http2Limits.TicksToPing)
            {
                AppendControl(new Http2FrameHeader(8, Http2FrameType.Ping, Http2FrameFlags.None, 0), stackalloc byte[8]);
            }
        }

        if (fault is not null)
        {
            End(fault, tell);
            return;
        }

        WakeWriter();
    }
}
