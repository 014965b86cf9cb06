using NetControl.Network;

namespace NetControl.Transport.Socks5;

/// <summary>A SOCKS5 proxy that could not be reached, said no, or spoke something else.</summary>
public sealed class Socks5Exception : DialException
{
    /// <summary>The proxy answered the request with a refusal.</summary>
    public Socks5Exception(Socks5ReplyCode replyCode)
        : base(ToFailure(replyCode), $"the SOCKS5 proxy answered: {Describe(replyCode)}")
    {
        ReplyCode = replyCode;
    }

    /// <summary>The conversation failed before there was an answer to the request.</summary>
    public Socks5Exception(DialFailure failure, string message, Exception? innerException = null)
        : base(failure, message, innerException)
    {
    }

    /// <summary>The proxy's answer, or null if the conversation did not get that far.</summary>
    public Socks5ReplyCode? ReplyCode { get; }

    /// <summary>The standard's words for a reply code, or <c>reply code N</c>.</summary>
    public static string Describe(Socks5ReplyCode replyCode) => replyCode switch
    {
        Socks5ReplyCode.Succeeded => "succeeded",
        Socks5ReplyCode.GeneralFailure => "general SOCKS server failure",
        Socks5ReplyCode.NotAllowed => "connection not allowed by ruleset",
        Socks5ReplyCode.NetworkUnreachable => "network unreachable",
        Socks5ReplyCode.HostUnreachable => "host unreachable",
        Socks5ReplyCode.ConnectionRefused => "connection refused",
        Socks5ReplyCode.TtlExpired => "TTL expired",
        Socks5ReplyCode.CommandNotSupported => "command not supported",
        Socks5ReplyCode.AddressTypeNotSupported => "address type not supported",
        _ => $"reply code {(int)replyCode}",
    };

    private static DialFailure ToFailure(Socks5ReplyCode replyCode) => replyCode switch
    {
        Socks5ReplyCode.NotAllowed => DialFailure.NotAllowed,
        Socks5ReplyCode.NetworkUnreachable => DialFailure.NetworkUnreachable,
        Socks5ReplyCode.HostUnreachable => DialFailure.HostUnreachable,
        Socks5ReplyCode.ConnectionRefused => DialFailure.Refused,
        Socks5ReplyCode.TtlExpired => DialFailure.TimedOut,
        Socks5ReplyCode.CommandNotSupported or Socks5ReplyCode.AddressTypeNotSupported => DialFailure.ProxyProtocol,
        _ => DialFailure.Other,
    };
}
