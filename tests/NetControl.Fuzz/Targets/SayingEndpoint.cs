using NetControl.Network;
using static NetControl.Fuzz.Machine.BrokenPromiseException;

namespace NetControl.Fuzz.Targets;

/// <summary>A server that says what it has to say, in pieces, and ends; it completes everything inline.</summary>
/// <param name="said">What it says on each connection.</param>
/// <param name="most">How large a piece is at the most.</param>
/// <param name="tries">How often a dial may connect to it.</param>
internal sealed class SayingEndpoint(byte[] said, int most, int tries = 3) : IStreamEndpoint
{
    public int Opened { get; private set; }

    public int Ended { get; private set; }

    public ValueTask<IStreamConnection> ConnectAsync(CancellationToken cancellationToken = default)
    {
        Unless(++Opened <= tries, "a dial tries only so often");
        return new ValueTask<IStreamConnection>(new Stream(this, said, most));
    }

    /// <summary>Reads a connection to its end.</summary>
    public static byte[] Drain(IStreamConnection connection)
    {
        using MemoryStream all = new();
        byte[] buffer = new byte[777];
        while (true)
        {
            Task<int> read = connection.ReadAsync(buffer).AsTask();
            Unless(read.IsCompleted, "a server that has said all is waited for by nobody");
            int count = read.GetAwaiter().GetResult();
            if (count == 0)
            {
                return all.ToArray();
            }

            all.Write(buffer, 0, count);
        }
    }

    private sealed class Stream(SayingEndpoint endpoint, byte[] said, int most) : IStreamConnection
    {
        private int _at;
        private bool _ended;

        public AddrPort LocalAddress => default;

        public AddrPort RemoteAddress => default;

        public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = Math.Min(Math.Min(buffer.Length, most), said.Length - _at);
            said.AsSpan(_at, count).CopyTo(buffer.Span);
            _at += count;
            return new ValueTask<int>(count);
        }

        public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

        public ValueTask CloseWriteAsync(CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

        public void CloseRead()
        {
        }

        public void Abort() => Dispose();

        public void Dispose()
        {
            endpoint.Ended += _ended ? 0 : 1;
            _ended = true;
        }
    }
}
