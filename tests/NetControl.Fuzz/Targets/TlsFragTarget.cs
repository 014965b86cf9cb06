using System.Buffers.Binary;
using NetControl.Fuzz.Machine;
using NetControl.Network;
using NetControl.Transport.TlsFrag;
using static NetControl.Fuzz.Machine.BrokenPromiseException;

namespace NetControl.Fuzz.Targets;

/// <summary>A client that writes anything, in pieces of any size, through both ways of cutting a hello: what comes out is the same stream, with one header more at most.</summary>
/// <remarks>The first byte is where to cut, the second how large the pieces are; the rest is what the client writes.</remarks>
internal sealed class TlsFragTarget : IFuzzTarget
{
    public IEnumerable<(string Name, byte[] Input)> Seeds() =>
    [
        ("hello", [7, 0, 22, 3, 1, 0, 16, .. new byte[16]]),
        ("hello-and-more", [0xFF, 3, 22, 3, 1, 0, 4, 1, 2, 3, 4, 22, 3, 1, 0, 4, 1, 2, 3, 4]),
        ("byte-by-byte", [2, 1, 22, 3, 3, 0, 4, 1, 2, 3, 4]),
        ("partial", [2, 4, 22, 3, 1, 0, 9, 1, 2]),
        ("header-only", [1, 0, 22, 3, 1]),
        ("application-data", [1, 2, 23, 3, 3, 0, 4, 1, 2, 3, 4]),
        ("no-version", [1, 0, 22, 3, 9, 0, 4, 1, 2, 3, 4]),
        ("empty-record", [1, 0, 22, 3, 3, 0, 0, 1]),
        ("http", [1, 0, .. "GET / HTTP/1.1\r\n\r\n"u8]),
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        if (input.Length < 2)
        {
            return;
        }

        int cut = (sbyte)input[0];
        int most = input[1] == 0 ? int.MaxValue : input[1];
        byte[] written = input[2..].ToArray();
        if (cut != 0)
        {
            Check(sink => new FixedTlsFragConnection(sink, cut), written, most, Cut(written, content => cut > 0 ? cut : content + cut, streams: true));
        }

        Check(sink => new FunctionTlsFragConnection(sink, content => cut > 0 ? cut : content.Length + cut), written, most,
            Cut(written, content => cut > 0 ? cut : content + cut, streams: false));
    }

    private static void Check(Func<Sink, TlsFragConnection> make, byte[] written, int most, byte[] expected)
    {
        Sink sink = new();
        TlsFragConnection connection = make(sink);
        for (int at = 0; at < written.Length;)
        {
            int length = Math.Min(most, written.Length - at);
            Unless(connection.WriteAsync(written.AsMemory(at, length)).AsTask().IsCompletedSuccessfully, "a write is done when what lies beneath is");
            at += length;
        }

        Unless(connection.CloseWriteAsync().AsTask().IsCompletedSuccessfully, "an end is passed on");
        Unless(sink.Bytes.ToArray().AsSpan().SequenceEqual(expected), "the stream is the same but for the cut");
    }

    /// <summary>What has to come out, said in the plainest way.</summary>
    private static byte[] Cut(byte[] written, Func<int, int> place, bool streams)
    {
        bool hello = written is [22, 3, >= 1 and <= 4, _, _, ..];
        int length = hello ? BinaryPrimitives.ReadUInt16BigEndian(written.AsSpan(3)) : 0;
        int first = place(length);
        bool whole = written.Length >= 5 + length;
        if (length is 0 or > 16384 || first <= 0 || first >= length || (!streams && !whole))
        {
            return written;
        }

        int have = Math.Min(first, written.Length - 5);
        byte[] start = [22, 3, written[2], (byte)(first >> 8), (byte)first, .. written.AsSpan(5, have)];
        return have < first ? start : [.. start, 22, 3, written[2], (byte)((length - first) >> 8), (byte)(length - first), .. written.AsSpan(5 + first)];
    }

    private sealed class Sink : IStreamConnection
    {
        public List<byte> Bytes { get; } = [];

        public AddrPort LocalAddress => default;

        public AddrPort RemoteAddress => default;

        public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(0);

        public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Bytes.AddRange(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public ValueTask CloseWriteAsync(CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

        public void CloseRead()
        {
        }

        public void Abort()
        {
        }

        public void Dispose()
        {
        }
    }
}
