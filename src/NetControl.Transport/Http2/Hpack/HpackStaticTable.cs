using System.Text;

namespace NetControl.Transport.Http2.Hpack;

/// <summary>The fields that both sides know from the start (RFC 7541 appendix A).</summary>
internal static class HpackStaticTable
{
    /// <summary>The index of <c>:authority</c>.</summary>
    public const int Authority = 1;

    /// <summary>The first index of <c>:method</c>.</summary>
    public const int Method = 2;

    /// <summary>The first index of <c>:path</c>.</summary>
    public const int Path = 4;

    /// <summary>The first index of <c>:scheme</c>.</summary>
    public const int Scheme = 6;

    /// <summary>The index of <c>proxy-authorization</c>.</summary>
    public const int ProxyAuthorization = 49;

    private static readonly HpackEntry[] s_entries = Parse(
        """
        :authority
        :method GET
        :method POST
        :path /
        :path /index.html
        :scheme http
        :scheme https
        :status 200
        :status 204
        :status 206
        :status 304
        :status 400
        :status 404
        :status 500
        accept-charset
        accept-encoding gzip, deflate
        accept-language
        accept-ranges
        accept
        access-control-allow-origin
        age
        allow
        authorization
        cache-control
        content-disposition
        content-encoding
        content-language
        content-length
        content-location
        content-range
        content-type
        cookie
        date
        etag
        expect
        expires
        from
        host
        if-match
        if-modified-since
        if-none-match
        if-range
        if-unmodified-since
        last-modified
        link
        location
        max-forwards
        proxy-authenticate
        proxy-authorization
        range
        referer
        refresh
        retry-after
        server
        set-cookie
        strict-transport-security
        transfer-encoding
        user-agent
        vary
        via
        www-authenticate
        """);

    /// <summary>The number of entries; what comes behind them is the dynamic table.</summary>
    public static int Count => s_entries.Length;

    /// <summary>An entry by its index, from 1.</summary>
    public static HpackEntry Get(int index) => s_entries[index - 1];

    private static HpackEntry[] Parse(string table) =>
        [.. table.Split('\n').Select(line => line.Split(' ', 2))
            .Select(parts => new HpackEntry(Encoding.ASCII.GetBytes(parts[0]), parts.Length > 1 ? Encoding.ASCII.GetBytes(parts[1]) : []))];
}
