namespace NetControl.Transport.Http2;

/// <summary>The settings that matter here (RFC 9113 section 6.5.2).</summary>
internal static class Http2Setting
{
    public const int EnablePush = 2;
    public const int MaxConcurrentStreams = 3;
    public const int InitialWindowSize = 4;
    public const int MaxFrameSize = 5;
    public const int MaxHeaderListSize = 6;
}
