using NetControl.Stack.Storage;

namespace NetControl.Engine.Flows;

/// <summary>Lends the buffers of one loop's layered streams, which cannot use chunks: a stream's call may still be out while its flow dies.</summary>
/// <remarks>
/// Owner: the loop. Last returned, first lent, so that all sessions work in the same cache-warm memory as long as no call waits. What is lent is
/// charged to the device's chunks: a stream that is stuck closes windows like any other reader.
/// </remarks>
internal sealed class RelayBuffers
{
    /// <summary>For a session of which nothing is known yet, or where memory is short.</summary>
    public const int Small = 0x3F00;

    /// <summary>For bulk: whole records of the usual protocols, none longer than 2^14 - 1 bytes with Shadowsocks, with room for their overhead
    /// in 64 KiB. A piece that is a little longer would cost a record and a system call of its own.</summary>
    public const int Large = 4 * Small;

    private const int KeepSmall = 64;
    private const int KeepLarge = 16;
    private readonly Stack<byte[]> _small = new();
    private readonly Stack<byte[]> _large = new();

    /// <summary>Lends a buffer of at least so many bytes, up to <see cref="Large"/>.</summary>
    public byte[] Rent(int size, ChunkPool account)
    {
        bool large = size > Small && !account.IsTight;
        int length = large ? Large : Small;
        account.Charge(Charged(length));
        return (large ? _large : _small).TryPop(out byte[]? free) ? free : GC.AllocateUninitializedArray<byte>(length, pinned: true);
    }

    /// <summary>Takes a buffer back.</summary>
    public void Return(byte[] buffer, ChunkPool account)
    {
        account.Charge(-Charged(buffer.Length));
        (Stack<byte[]> free, int keep) = buffer.Length == Large ? (_large, KeepLarge) : (_small, KeepSmall);
        if (free.Count < keep)
        {
            free.Push(buffer);
        }
    }

    private static int Charged(int length) => (length + ChunkPool.ChunkSize - 1) & ~(ChunkPool.ChunkSize - 1);

    /// <summary>Gives the free ones up.</summary>
    public void Trim()
    {
        _small.Clear();
        _large.Clear();
    }
}
