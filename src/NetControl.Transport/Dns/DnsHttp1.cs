using System.Buffers;
using System.Globalization;
using System.Text;
using NetControl.Network;
using NetControl.Transport.Http;

namespace NetControl.Transport.Dns;

/// <summary>
/// The HTTP/1.1 side of <see cref="DnsHttpsTransport"/>: one query at a time on a connection, and the connections kept for 30 seconds.
/// </summary>
internal sealed class DnsHttp1
{
    private static readonly TimeSpan s_keep = TimeSpan.FromSeconds(30);
    private readonly IStreamEndpoint _server;
    private readonly byte[] _head;
    private readonly IdleConnections _idle;

    public DnsHttp1(
        IStreamEndpoint server, HostPort authority, string path, HttpField[] fields, TimeProvider timeProvider, Func<object?> currentLoop)
    {
        _server = server;
        _idle = new IdleConnections(timeProvider, currentLoop, s_keep);
        StringBuilder head = new($"POST {path} HTTP/1.1\r\nHost: {authority}\r\n");
        foreach (HttpField field in fields)
        {
            head.Append(CultureInfo.InvariantCulture, $"{field.Name}: {Encoding.ASCII.GetString(field.ValueBytes)}\r\n");
        }

        _head = Encoding.ASCII.GetBytes($"{head}Content-Length: ");
    }

    /// <summary>Posts a query and returns the answer's body.</summary>
    /// <param name="connection">A fresh connection, if the caller has one.</param>
    /// <param name="body">The query.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <exception cref="IOException">The connection broke.</exception>
    public async ValueTask<byte[]> PostAsync(IStreamConnection? connection, byte[] body, CancellationToken cancellationToken)
    {
        object key = _idle.Key;
        if (connection is null && _idle.TryTake(key) is { } kept)
        {
            try
            {
                return await PostOnAsync(kept, key, body, cancellationToken);
            }
            catch (IOException)
            {
                // The resolver has closed it meanwhile; asking twice does no harm.
                cancellationToken.ThrowIfCancellationRequested();
            }
        }

        return await PostOnAsync(connection ?? await _server.ConnectAsync(cancellationToken), key, body, cancellationToken);
    }

    /// <summary>The exception for an answer without a message.</summary>
    public static DnsException Refused(int status) => new(DnsError.Receive, $"the resolver answered HTTP {status}");

    /// <summary>Reads a body that ends with its stream.</summary>
    public static async ValueTask<byte[]> ReadToEndAsync(IStreamConnection connection, CancellationToken cancellationToken)
    {
        ArrayBufferWriter<byte> body = new(512);
        while (true)
        {
            int read = await connection.ReadAsync(body.GetMemory(512), cancellationToken);
            if (read == 0)
            {
                return body.WrittenSpan.ToArray();
            }

            body.Advance(read);
            ThrowIfTooLong(body.WrittenCount);
        }
    }

    private async ValueTask<byte[]> PostOnAsync(IStreamConnection connection, object key, byte[] body, CancellationToken cancellationToken)
    {
        bool keep = false;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ResponseHead.MaxLength);
        try
        {
            string length = string.Create(CultureInfo.InvariantCulture, $"{body.Length}\r\n\r\n");
            await connection.WriteAsync((byte[])[.. _head, .. Encoding.ASCII.GetBytes(length), .. body], cancellationToken);
            (int start, int end, ResponseHeadFault fault) = await ResponseHeadReader.ReadAsync(connection, buffer, cancellationToken);
            (int? announced, bool chunked, bool closes) = Judge(buffer.AsSpan(start, end - start), fault);
            byte[] answer = announced is { } exact ? await ReadExactlyAsync(connection, exact, cancellationToken)
                : chunked ? await ReadChunksAsync(connection, cancellationToken)
                : await ReadToEndAsync(connection, cancellationToken);
            keep = !closes && (announced is not null || chunked);
            return answer;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            if (!keep || !_idle.TryKeep(key, connection))
            {
                connection.Dispose();
            }
        }
    }

    private static (int? Length, bool Chunked, bool Closes) Judge(ReadOnlySpan<byte> bytes, ResponseHeadFault fault)
    {
        if (fault == ResponseHeadFault.Ended)
        {
            throw new EndOfStreamException("the resolver closed the connection before it answered");
        }

        if (fault != ResponseHeadFault.None || !ResponseHead.TryParse(bytes, out ResponseHead head))
        {
            throw new DnsException(DnsError.BadResponse, "the resolver does not speak HTTP");
        }

        if (head.StatusCode != 200)
        {
            throw Refused(head.StatusCode);
        }

        bool closes = bytes[7] == '0' || head.HasToken("connection"u8, "close"u8);
        if (head.HasToken("transfer-encoding"u8, "chunked"u8))
        {
            return (null, true, closes);
        }

        if (!head.TryGetField("content-length"u8, out ReadOnlySpan<byte> text))
        {
            return (null, false, true);
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int length) && length <= ushort.MaxValue
            ? (length, false, closes)
            : throw new DnsException(DnsError.BadResponse, "the resolver's answer has no length that a message can have");
    }

    private static async ValueTask<byte[]> ReadExactlyAsync(IStreamConnection connection, int length, CancellationToken cancellationToken)
    {
        byte[] body = new byte[length];
        return await DnsFraming.FillAsync(connection, body, cancellationToken) == length
            ? body
            : throw new EndOfStreamException("the stream ended within an answer");
    }

    /// <summary>Reads a body in chunks (RFC 9112 section 7.1). Extensions and trailers mean nothing here.</summary>
    private static async ValueTask<byte[]> ReadChunksAsync(IStreamConnection connection, CancellationToken cancellationToken)
    {
        List<byte> body = [];
        while (true)
        {
            string line = await ReadLineAsync(connection, cancellationToken);
            int extension = line.IndexOf(';', StringComparison.Ordinal);
            ReadOnlySpan<char> digits = line.AsSpan(0, extension < 0 ? line.Length : extension).Trim();
            if (!int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int length) || length < 0)
            {
                throw new DnsException(DnsError.BadResponse, "the resolver's answer has a broken chunk");
            }

            ThrowIfTooLong(body.Count + (long)length);
            body.AddRange(await ReadExactlyAsync(connection, length, cancellationToken));
            do
            {
                line = await ReadLineAsync(connection, cancellationToken); // what ends the chunk, or a trailer
            }
            while (length == 0 && line.Length > 0);

            if (length == 0)
            {
                return [.. body];
            }
        }
    }

    private static async ValueTask<string> ReadLineAsync(IStreamConnection connection, CancellationToken cancellationToken)
    {
        const int Longest = 256;
        StringBuilder line = new();
        byte[] one = new byte[1];
        while (line.Length < Longest)
        {
            if (await connection.ReadAsync(one, cancellationToken) == 0)
            {
                throw new EndOfStreamException("the stream ended within an answer");
            }

            if (one[0] == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append((char)one[0]);
        }

        throw new DnsException(DnsError.BadResponse, "the resolver's answer has a line that does not end");
    }

    private static void ThrowIfTooLong(long length)
    {
        if (length > ushort.MaxValue)
        {
            throw new DnsException(DnsError.BadResponse, "the resolver's answer is longer than a message can be");
        }
    }
}
