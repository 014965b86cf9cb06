using System.Diagnostics.CodeAnalysis;
using NetControl.Network;
using NetControl.Transport.Dns;

namespace NetControl.Transport.Chains;

/// <summary>A server as a hop's text names it: <c>//[userinfo@]host:port[/][?options][#tag]</c>.</summary>
public sealed class HopServer
{
    private const string Example = "write e.g. 192.0.2.1:1080 or [2001:db8::1]:1080";

    private HopServer(HostPort address, string? userInfo, int userInfoOffset, HopOptions options)
    {
        Address = address;
        UserInfo = userInfo;
        UserInfoOffset = userInfoOffset;
        Options = options;
    }

    /// <summary>Where it listens.</summary>
    public HostPort Address { get; }

    /// <summary>What stands before the @, still percent-encoded; null without one. It is a secret.</summary>
    public string? UserInfo { get; }

    /// <summary>Where in the hop's text that stands, from 0.</summary>
    public int UserInfoOffset { get; }

    /// <summary>What stands behind the question mark.</summary>
    public HopOptions Options { get; }

    /// <summary>Reads a server. The tag behind # is a comment and is not kept.</summary>
    /// <param name="text">The hop's text.</param>
    /// <param name="form">What to write, for the error of a text without <c>//</c>.</param>
    /// <param name="known">The keys of the options that the hop has.</param>
    /// <param name="server">What was read.</param>
    /// <param name="error">What is wrong; holds no secret.</param>
    public static bool TryParse(HopText text, string form, IReadOnlyList<string> known,
        [NotNullWhen(true)] out HopServer? server, [NotNullWhen(false)] out ChainError? error)
    {
        server = null;
        if (!text.Rest.StartsWith("//", StringComparison.Ordinal))
        {
            error = text.Error(0, form);
            return false;
        }

        int start = text.RestOffset + 2;
        int at = AtSign(text.Text, start);
        int hostStart = Math.Max(start, at + 1);
        int tag = text.Text.IndexOf('#', hostStart);
        int end = tag < 0 ? text.Text.Length : tag;
        int question = text.Text.IndexOf('?', hostStart, end - hostStart);
        string host = text.Text[hostStart..(question < 0 ? end : question)].TrimEnd('/');
        if (!HostPort.TryParse(host, out HostPort address) || address.Port == 0)
        {
            error = text.Error(hostStart, at >= start && IsBadPort(host)
                ? $"'{host}' is not host:port; {Example}"
                : $"host:port has to stand here, behind an @ if there are credentials; {Example}");
            return false;
        }

        if (!HopOptions.TryParse(text, question < 0 ? end : question + 1, end, known, out HopOptions? options, out error))
        {
            return false;
        }

        server = new HopServer(address, at < start ? null : text.Text[start..at], start, options);
        return true;
    }

    // What is no host:port may be a secret whose @ and host are missing. Behind an @, a host with a number is what it looks like.
    private static bool IsBadPort(string host)
    {
        int colon = host.LastIndexOf(':');
        return colon > 0 && host.AsSpan(colon + 1) is { IsEmpty: false } port && !port.ContainsAnyExceptInRange('0', '9')
            && HostPort.TryParse($"{host.AsSpan(0, colon)}:1", out HostPort address)
            && (address.IsAddress || DnsName.TryParseHost(address.Host, out _));
    }

    // A tag or an option may hold an @ of its own. An @ that is only behind their marks means that a password holds the mark, unencoded:
    // taken as such, no part of it can be mistaken for the host and shown.
    private static int AtSign(string text, int start)
    {
        int mark = text.AsSpan(start).IndexOfAny('?', '#');
        int at = mark < 0 ? -1 : text.AsSpan(start, mark).LastIndexOf('@');
        return at < 0 ? text.LastIndexOf('@') : start + at;
    }

    /// <summary>Splits user info at its first colon and decodes both parts. Without a colon there is no second part.</summary>
    public static (string User, string? Password) SplitUserInfo(string userInfo)
    {
        int colon = userInfo.IndexOf(':', StringComparison.Ordinal);
        return colon < 0
            ? (Uri.UnescapeDataString(userInfo), null)
            : (Uri.UnescapeDataString(userInfo[..colon]), Uri.UnescapeDataString(userInfo[(colon + 1)..]));
    }
}
