using System.Text;
using NetControl.Network;
using NetControl.Transport.Http;
using NetControl.Transport.Http2.Hpack;

namespace NetControl.Transport.Http2;

/// <summary>The header block of a request, CONNECT (RFC 9113 section 8.5) or POST, prepared but for its destination.</summary>
internal sealed class Http2Request
{
    private readonly byte[] _front;
    private readonly byte[] _tail;

    /// <summary>Prepares CONNECT, with the fields that go with every request.</summary>
    public Http2Request(IEnumerable<HttpField> fields)
        : this([(HpackStaticTable.Method, "CONNECT")], fields)
    {
    }

    private Http2Request((int Name, string Value)[] front, IEnumerable<HttpField> fields)
    {
        byte[] room = new byte[front.Sum(field => HpackEncoder.MaxLength(0, field.Value.Length))];
        int end = 0;
        foreach ((int name, string value) in front)
        {
            end += HpackEncoder.Write(room.AsSpan(end), name, Encoding.ASCII.GetBytes(value));
        }

        _front = room[..end];
        HttpField[] all = [.. fields];
        byte[] tail = new byte[all.Sum(field => HpackEncoder.MaxLength(field.LowerName.Length, field.ValueBytes.Length))];
        int at = 0;
        foreach (HttpField field in all)
        {
            at += field.LowerName.AsSpan().SequenceEqual("proxy-authorization"u8)
                ? HpackEncoder.Write(tail.AsSpan(at), HpackStaticTable.ProxyAuthorization, field.ValueBytes, field.IsSecret)
                : HpackEncoder.Write(tail.AsSpan(at), field.LowerName, field.ValueBytes, field.IsSecret);
        }

        _tail = tail[..at];
    }

    /// <summary>Prepares POST over TLS to a path, which is ASCII, with the fields that go with every request.</summary>
    public static Http2Request Post(string path, IEnumerable<HttpField> fields) =>
        new([(HpackStaticTable.Method, "POST"), (HpackStaticTable.Scheme, "https"), (HpackStaticTable.Path, path)], fields);

    /// <summary>The most that <see cref="Write"/> needs; less than a frame holds.</summary>
    public int MaxLength => 1 + _front.Length + HpackEncoder.MaxLength(0, HttpAuthority.MaxLength) + _tail.Length;

    /// <summary>Writes the block for a destination that HTTP can carry.</summary>
    /// <returns>The number of bytes written.</returns>
    public int Write(Span<byte> to, in HostPort destination, bool isFirst)
    {
        int at = 0;
        if (isFirst)
        {
            to[at++] = HpackEncoder.NoTable;
        }

        _front.CopyTo(to[at..]);
        at += _front.Length;
        Span<byte> authority = stackalloc byte[HttpAuthority.MaxLength];
        at += HpackEncoder.Write(to[at..], HpackStaticTable.Authority, authority[..HttpAuthority.Write(authority, destination)]);
        _tail.CopyTo(to[at..]);
        return at + _tail.Length;
    }
}
