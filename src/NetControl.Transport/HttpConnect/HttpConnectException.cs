using NetControl.Network;
using NetControl.Transport.Http;

namespace NetControl.Transport.HttpConnect;

/// <summary>An HTTP proxy that could not be reached, said no, or spoke something else.</summary>
public sealed class HttpConnectException : DialException
{
    /// <summary>The proxy answered the request with a status other than 2xx.</summary>
    /// <param name="statusCode">The status.</param>
    /// <param name="message">What is wrong, in a sentence that may be shown.</param>
    public HttpConnectException(int statusCode, string message)
        : base(ToFailure(statusCode), message)
    {
        StatusCode = statusCode;
    }

    /// <summary>The conversation failed before there was an answer to the request.</summary>
    public HttpConnectException(DialFailure failure, string message, Exception? innerException = null)
        : base(failure, message, innerException)
    {
    }

    /// <summary>The proxy's answer, or null if the conversation did not get that far.</summary>
    public int? StatusCode { get; }

    /// <summary>What a refusal means for the dial. Only the status counts: fields outside the standard may say anything.</summary>
    public static DialFailure ToFailure(int statusCode) => statusCode switch
    {
        401 or 407 => DialFailure.ProxyProtocol,
        403 or 451 => DialFailure.NotAllowed,
        404 or 410 or 500 or 502 or 503 => DialFailure.HostUnreachable,
        408 or 504 => DialFailure.TimedOut,
        429 => DialFailure.Other,
        _ => DialFailure.ProxyProtocol,
    };

    /// <summary>The exception for a refusal.</summary>
    /// <param name="statusCode">The status.</param>
    /// <param name="detail">What the proxy said with it, made harmless; may be empty.</param>
    /// <param name="authorized">Whether the request carried an authorization.</param>
    internal static HttpConnectException Refused(int statusCode, string detail, bool authorized)
    {
        string answer = detail.Length == 0 ? $"{statusCode}" : $"{statusCode} {detail}";
        return new HttpConnectException(statusCode, statusCode switch
        {
            401 or 407 when authorized => $"the HTTP proxy refused the authorization ({answer})",
            401 or 407 => $"the HTTP proxy wants an authorization ({answer}); write user:password@ before the host, or auth=",
            405 or 501 => $"the HTTP proxy does not serve CONNECT ({answer})",
            _ => $"the HTTP proxy answered {answer}",
        });
    }

    internal static HttpConnectException CannotCarry(in HostPort destination) => new(
        DialFailure.Other, $"HTTP cannot carry the host name of {ResponseHead.Show(System.Text.Encoding.UTF8.GetBytes(destination.ToString()))}: "
            + "write it in letters, digits, dots and hyphens (punycode)");

    internal static HttpConnectException BrokenOff(Exception cause) =>
        new(DialFailure.ProxyUnreachable, $"the HTTP proxy broke the connection off: {cause.Message}", cause);
}
