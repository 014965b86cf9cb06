namespace NetControl.Transport.Shadowsocks;

/// <summary>A Shadowsocks server's bytes that cannot be believed. The stream is aborted.</summary>
public sealed class ShadowsocksStreamException : IOException
{
    /// <summary>Makes an exception.</summary>
    public ShadowsocksStreamException(ShadowsocksFault fault)
        : base(Describe(fault))
    {
        Fault = fault;
    }

    /// <summary>What was wrong.</summary>
    public ShadowsocksFault Fault { get; }

    private static string Describe(ShadowsocksFault fault) => fault switch
    {
        ShadowsocksFault.NotAuthentic => "the Shadowsocks server's bytes are not authentic; check the password and the method",
        ShadowsocksFault.Truncated => "the Shadowsocks server ended the stream in the middle of a chunk",
        ShadowsocksFault.WrongHeader => "the Shadowsocks server's response has a wrong header",
        ShadowsocksFault.OutOfTime => "the Shadowsocks server's time is more than 30 seconds from this machine's; check both clocks",
        _ => "the Shadowsocks server's response is not to this request",
    };
}
