using System.Buffers;
using System.Runtime.CompilerServices;
using NetControl.Network;
using NetControl.Transport.Http;

namespace NetControl.Transport.HttpConnect;

/// <summary>The conversation with an HTTP/1.1 proxy that turns a connection into a tunnel (RFC 9110 section 9.3.6).</summary>
internal sealed class Http1Tunnel
{
    private readonly byte[] _tail;
    private readonly bool _authorized;

    /// <summary>Prepares what every request says after its destination.</summary>
    public Http1Tunnel(HttpConnectOptions options)
    {
        using MemoryStream tail = new();
        tail.Write("\r\n"u8);
        foreach (HttpField field in options.Sent)
        {
            tail.Write(field.NameBytes);
            tail.Write(": "u8);
            tail.Write(field.ValueBytes);
            tail.Write("\r\n"u8);
        }

        tail.Write("\r\n"u8);
        _tail = tail.ToArray();
        _authorized = options.Authorization is not null;
    }

    /// <summary>Makes a tunnel of a connection, which is ended where that fails.</summary>
    /// <exception cref="HttpConnectException">Refused, broken off, or outside the protocol.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<IStreamConnection> OpenAsync(
        IStreamConnection connection, HostPort destination, CancellationToken cancellationToken)
    {
        try
        {
            await RequestAsync(connection, destination, cancellationToken);
            return connection;
        }
        catch (Exception e)
        {
            // The far side learns of a failed dial by a reset; nothing of it is worth a graceful close.
            connection.Abort();
            connection.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            if (e is IOException)
            {
                throw HttpConnectException.BrokenOff(e);
            }

            throw;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask RequestAsync(IStreamConnection connection, HostPort destination, CancellationToken cancellationToken)
    {
        if (!HttpAuthority.CanCarry(destination))
        {
            throw HttpConnectException.CannotCarry(destination);
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Max(ResponseHead.MaxLength, (2 * HttpAuthority.MaxLength) + 32 + _tail.Length));
        try
        {
            await connection.WriteAsync(buffer.AsMemory(0, WriteRequest(buffer, destination)), cancellationToken);
            (int start, int end, ResponseHeadFault fault) = await ResponseHeadReader.ReadAsync(connection, buffer, cancellationToken);
            Judge(buffer.AsSpan(start, end - start), fault);
        }
        finally
        {
            // The buffer may hold a password.
            ArrayPool<byte>.Shared.Return(buffer, clearArray: _authorized);
        }
    }

    private int WriteRequest(Span<byte> to, in HostPort destination)
    {
        int at = Put(to, "CONNECT "u8);
        int authority = HttpAuthority.Write(to[at..], destination);
        ReadOnlySpan<byte> written = to.Slice(at, authority);
        at += authority;
        at += Put(to[at..], " HTTP/1.1\r\nHost: "u8);
        at += Put(to[at..], written);
        return at + Put(to[at..], _tail);
    }

    private static int Put(Span<byte> to, ReadOnlySpan<byte> text)
    {
        text.CopyTo(to);
        return text.Length;
    }

    private void Judge(ReadOnlySpan<byte> bytes, ResponseHeadFault fault)
    {
        switch (fault)
        {
            case ResponseHeadFault.Ended:
                throw new HttpConnectException(DialFailure.ProxyUnreachable, "the HTTP proxy closed the connection before it answered");
            case ResponseHeadFault.NotHttp:
                throw new HttpConnectException(DialFailure.ProxyProtocol, "the HTTP proxy answered with something that is no HTTP/1.1");
            case ResponseHeadFault.TooLong:
                throw new HttpConnectException(
                    DialFailure.ProxyProtocol, $"the HTTP proxy answered with more than {ResponseHead.MaxLength} bytes of header");
        }

        _ = ResponseHead.TryParse(bytes, out ResponseHead head);

        // Any 2xx is a yes; a length that comes with it means nothing (RFC 9110 section 9.3.6).
        if (head.StatusCode is >= 200 and <= 299)
        {
            return;
        }

        string detail = head.Reason;
        if (head.StatusCode is 407 && head.TryGetField("Proxy-Authenticate"u8, out ReadOnlySpan<byte> challenge))
        {
            int scheme = challenge.IndexOfAny((byte)' ', (byte)',');
            detail += $", scheme {ResponseHead.Show(scheme < 0 ? challenge : challenge[..scheme])}";
        }

        throw HttpConnectException.Refused(head.StatusCode, detail, _authorized);
    }
}
