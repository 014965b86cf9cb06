using System.Buffers.Binary;
using NetControl.Network;

namespace NetControl.Transport.Dns;

/// <summary>A connection to a DNS server that is this program: what is written are queries, what is read are their answers as they come.</summary>
/// <remarks>
/// Nothing of it is a socket. At most 32 queries are under way or answered and not read (RFC 7766 section 6.2.1.1); the writer waits for
/// room. What is no query ends the stream, and so do 30 seconds without one. A reader or writer that waits continues where an answer comes in.
/// </remarks>
internal sealed class DnsServerConnection : IStreamConnection
{
    private const int MostPending = 32;
    private const int PrefixLength = 2;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private readonly DnsSplitter _splitter;
    private readonly CancellationTokenSource _end = new();
    private readonly ITimer _idle;
    private readonly Lock _lock = new();
    private readonly Queue<byte[]> _answers = new();
    private readonly byte[] _query = new byte[PrefixLength + ushort.MaxValue];
    private TaskCompletionSource? _readable;
    private TaskCompletionSource? _room;
    private int _received;
    private int _given; // of the first answer
    private int _pending;
    private bool _noMoreQueries;
    private bool _closed;

    internal DnsServerConnection(DnsSplitter splitter, HostPort server, TimeProvider timeProvider)
    {
        _splitter = splitter;
        RemoteAddress = server.Address;
        _idle = timeProvider.CreateTimer(
            static connection => ((DnsServerConnection)connection!).OnIdle(), this, s_patience, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public AddrPort LocalAddress => default;

    /// <inheritdoc/>
    public AddrPort RemoteAddress { get; }

    /// <inheritdoc/>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Task? wait = null;
            int count = 0;
            lock (_lock)
            {
                ThrowIfClosed();
                if (_answers.TryPeek(out byte[]? answer))
                {
                    count = Give(answer, buffer.Span);
                }
                else if (!_noMoreQueries || _pending > 0)
                {
                    wait = (_readable ??= new TaskCompletionSource()).Task;
                }
            }

            if (wait is null)
            {
                Wake();
                return count;
            }

            await WaitAsync(wait, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Task? wait = null;
            byte[]? query = null;
            lock (_lock)
            {
                ThrowIfClosed();
                if (_noMoreQueries)
                {
                    throw new IOException("the server takes no more queries on this connection");
                }

                if (_pending + _answers.Count >= MostPending)
                {
                    wait = (_room ??= new TaskCompletionSource()).Task;
                }
                else if (!TryTake(ref buffer, out query))
                {
                    return;
                }
                else
                {
                    _pending++;
                }
            }

            if (wait is not null)
            {
                await WaitAsync(wait, cancellationToken);
            }
            else
            {
                _idle.Change(s_patience, Timeout.InfiniteTimeSpan);
                _ = AnswerAsync(query!);
                if (buffer.IsEmpty)
                {
                    return;
                }
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask CloseWriteAsync(CancellationToken cancellationToken = default)
    {
        EndQueries();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public void CloseRead()
    {
    }

    /// <inheritdoc/>
    public void Abort() => Dispose();

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
        }

        _idle.Dispose();
        _end.Cancel();
        _end.Dispose();
        Wake();
    }

    private int Give(byte[] answer, Span<byte> buffer)
    {
        int count = Math.Min(buffer.Length, answer.Length - _given);
        answer.AsSpan(_given, count).CopyTo(buffer);
        _given += count;
        if (_given == answer.Length)
        {
            _answers.Dequeue();
            _given = 0;
        }

        return count;
    }

    /// <summary>Collects bytes until a query is whole.</summary>
    private bool TryTake(ref ReadOnlyMemory<byte> buffer, out byte[]? query)
    {
        query = null;
        while (true)
        {
            int wanted = _received < PrefixLength ? PrefixLength : PrefixLength + BinaryPrimitives.ReadUInt16BigEndian(_query);
            int count = Math.Min(wanted - _received, buffer.Length);
            buffer.Span[..count].CopyTo(_query.AsSpan(_received));
            _received += count;
            buffer = buffer[count..];
            if (_received < wanted)
            {
                return false;
            }

            if (wanted > PrefixLength || BinaryPrimitives.ReadUInt16BigEndian(_query) == 0)
            {
                query = _query[PrefixLength..wanted];
                _received = 0;
                return true;
            }
        }
    }

    private async Task AnswerAsync(byte[] query)
    {
        byte[]? answer = null;
        try
        {
            answer = await _splitter.AnswerAsync(query, _end.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The connection has ended.
        }

        lock (_lock)
        {
            _pending--;
            if (answer is null)
            {
                _noMoreQueries = true;
            }
            else
            {
                byte[] framed = new byte[PrefixLength + answer.Length];
                BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)answer.Length);
                answer.CopyTo(framed, PrefixLength);
                _answers.Enqueue(framed);
            }
        }

        Wake();
    }

    private void OnIdle()
    {
        bool busy;
        lock (_lock)
        {
            busy = _pending > 0;
        }

        if (busy)
        {
            _idle.Change(s_patience, Timeout.InfiniteTimeSpan);
        }
        else
        {
            EndQueries();
        }
    }

    private void EndQueries()
    {
        lock (_lock)
        {
            _noMoreQueries = true;
        }

        Wake();
    }

    private void Wake()
    {
        TaskCompletionSource? readable;
        TaskCompletionSource? room;
        lock (_lock)
        {
            (readable, _readable) = (_readable, null);
            (room, _room) = (_room, null);
        }

        readable?.TrySetResult();
        room?.TrySetResult();
    }

    private static Task WaitAsync(Task wait, CancellationToken cancellationToken) =>
        cancellationToken.CanBeCanceled ? wait.WaitAsync(cancellationToken) : wait;

    private void ThrowIfClosed()
    {
        if (_closed)
        {
            throw new IOException("the connection is closed");
        }
    }
}
