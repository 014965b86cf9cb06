using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using NetControl.Network;
using NetControl.Transport.Http;

namespace NetControl.Transport.WebSocket;

/// <summary>The conversation that makes a WebSocket of a connection (RFC 6455 section 4.1), for one path.</summary>
internal sealed class WebSocketHandshake
{
    private const int KeyLength = 24;
    private readonly byte[] _front;
    private readonly byte[] _tail;

    /// <summary>Prepares what every request says.</summary>
    /// <param name="path">The path; what a path cannot hold is percent-encoded, and it begins with a slash in any case.</param>
    /// <param name="options">What else is said.</param>
    public WebSocketHandshake(string path, WebSocketOptions options)
    {
        string target = string.Join('/', path.TrimStart('/').Split('/').Select(Uri.EscapeDataString));
        _front = Encoding.ASCII.GetBytes($"GET /{target} HTTP/1.1\r\nHost: ");
        using MemoryStream tail = new();
        foreach (HttpField field in options.Fields)
        {
            tail.Write("\r\n"u8);
            tail.Write(field.NameBytes);
            tail.Write(": "u8);
            tail.Write(field.ValueBytes);
        }

        tail.Write("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "u8);
        _tail = tail.ToArray();
    }

    /// <summary>Makes a WebSocket of a connection, which is ended where that fails.</summary>
    /// <exception cref="WebSocketHandshakeException">Refused, broken off, or outside the protocol.</exception>
    public async ValueTask OpenAsync(IStreamConnection connection, HostPort host, CancellationToken cancellationToken)
    {
        try
        {
            await RequestAsync(connection, host, cancellationToken);
        }
        catch (Exception e)
        {
            connection.Abort();
            connection.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            if (e is IOException)
            {
                throw new WebSocketHandshakeException(
                    DialFailure.ProxyUnreachable, $"the WebSocket server broke the connection off: {e.Message}", null, e);
            }

            throw;
        }
    }

    /// <summary>What the server has to answer to a key.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "RFC 6455 section 1.3: it shows that the server knows the protocol, and protects nothing")]
    internal static void Accept(ReadOnlySpan<byte> key, Span<byte> answer)
    {
        Span<byte> text = stackalloc byte[KeyLength + 36];
        key.CopyTo(text);
        "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"u8.CopyTo(text[KeyLength..]);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(text, hash);
        Base64.EncodeToUtf8(hash, answer, out _, out _);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask RequestAsync(IStreamConnection connection, HostPort host, CancellationToken cancellationToken)
    {
        if (!HttpAuthority.CanCarry(host))
        {
            throw new WebSocketHandshakeException(DialFailure.Other, "HTTP cannot carry the host's name: write it in its ASCII form (punycode)");
        }

        int most = _front.Length + HttpAuthority.MaxLength + _tail.Length + KeyLength + 4;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Max(ResponseHead.MaxLength, most) + KeyLength);
        try
        {
            Memory<byte> key = buffer.AsMemory(buffer.Length - KeyLength);
            int length = WriteRequest(buffer, host, key.Span);
            await connection.WriteAsync(buffer.AsMemory(0, length), cancellationToken);
            (int start, int end, ResponseHeadFault fault) = await ResponseHeadReader.ReadAsync(
                connection, buffer.AsMemory(0, ResponseHead.MaxLength), cancellationToken);
            Judge(buffer.AsSpan(start, end - start), fault, key.Span);
        }
        finally
        {
            // The path may be a secret, and so may fields be.
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    private int WriteRequest(Span<byte> to, in HostPort host, Span<byte> key)
    {
        Span<byte> nonce = stackalloc byte[16];
        RandomNumberGenerator.Fill(nonce);
        Base64.EncodeToUtf8(nonce, key, out _, out _);
        _front.CopyTo(to);
        int at = _front.Length;
        at += HttpAuthority.Write(to[at..], host);
        _tail.CopyTo(to[at..]);
        at += _tail.Length;
        key.CopyTo(to[at..]);
        at += KeyLength;
        "\r\n\r\n"u8.CopyTo(to[at..]);
        return at + 4;
    }

    private static void Judge(ReadOnlySpan<byte> bytes, ResponseHeadFault fault, ReadOnlySpan<byte> key)
    {
        switch (fault)
        {
            case ResponseHeadFault.Ended:
                throw new WebSocketHandshakeException(DialFailure.ProxyUnreachable, "the WebSocket server closed the connection before it answered");
            case ResponseHeadFault.NotHttp:
                throw new WebSocketHandshakeException(DialFailure.ProxyProtocol, "the WebSocket server answered with something that is no HTTP/1.1");
            case ResponseHeadFault.TooLong:
                throw new WebSocketHandshakeException(
                    DialFailure.ProxyProtocol, $"the WebSocket server answered with more than {ResponseHead.MaxLength} bytes of header");
        }

        _ = ResponseHead.TryParse(bytes, out ResponseHead head);
        if (head.StatusCode != 101)
        {
            throw new WebSocketHandshakeException(
                ToFailure(head.StatusCode), $"the server opens no WebSocket at this path: {head.StatusCode} {head.Reason}", head.StatusCode);
        }

        Span<byte> expected = stackalloc byte[28];
        Accept(key, expected);
        if (!head.HasToken("Upgrade"u8, "websocket"u8) || !head.HasToken("Connection"u8, "upgrade"u8)
            || !head.TryGetField("Sec-WebSocket-Accept"u8, out ReadOnlySpan<byte> accept) || !accept.SequenceEqual(expected))
        {
            throw new WebSocketHandshakeException(DialFailure.ProxyProtocol, "the server does not answer as a WebSocket server has to", 101);
        }

        if (head.TryGetField("Sec-WebSocket-Extensions"u8, out _) || head.TryGetField("Sec-WebSocket-Protocol"u8, out _))
        {
            throw new WebSocketHandshakeException(DialFailure.ProxyProtocol, "the WebSocket server chose what was not offered", 101);
        }
    }

    private static DialFailure ToFailure(int statusCode) => statusCode switch
    {
        403 or 451 => DialFailure.NotAllowed,
        502 or 503 or 504 => DialFailure.ProxyUnreachable,
        429 => DialFailure.Other,
        _ => DialFailure.ProxyProtocol,
    };
}
