using System.Runtime.CompilerServices;
using NetControl.Stack.Storage;

namespace NetControl.Engine.Interop.Linux;

/// <summary>Gathers and scatters between a descriptor and the pinned chunks of a <see cref="ChunkBuffer"/>, without a copy in between.</summary>
internal static class SocketIo
{
    private const int MaxPieces = 17;

    /// <summary>Receives into the free part of a buffer, at most so many bytes.</summary>
    /// <returns>The count, 0 at the end of the stream, or -1 with <paramref name="error"/>.</returns>
    [SkipLocalsInit]
    public static int Receive(int fd, ChunkBuffer buffer, int room, out int asked, out Errno error)
    {
        Span<IoVec> pieces = stackalloc IoVec[MaxPieces];
        int count = 0;
        asked = 0;
        while (asked < room && count < MaxPieces)
        {
            byte[] chunk = buffer.Reserve(asked, out int at, out int free);
            free = Math.Min(free, room - asked);
            pieces[count++] = IoVec.FromPinned(chunk.AsSpan(at, free));
            asked += free;
        }

        int received = (int)Libc.ReadV(fd, pieces[..count]);
        error = received < 0 ? Libc.LastErrno : Errno.None;
        buffer.Commit(Math.Max(0, received), asked);
        return received;
    }

    /// <summary>Sends from the front of a buffer's ordered part.</summary>
    /// <returns>The count, or -1 (errno tells).</returns>
    [SkipLocalsInit]
    public static int Send(int fd, ChunkBuffer buffer, out int asked)
    {
        Span<IoVec> pieces = stackalloc IoVec[MaxPieces];
        int count = Gather(pieces, 0, buffer, buffer.Head, (int)Math.Min(buffer.Length, int.MaxValue), out asked);
        return (int)Libc.SendPieces(fd, pieces[..count], Libc.MSG_NOSIGNAL | Libc.MSG_DONTWAIT);
    }

    /// <summary>Writes a packet: headers (pinned) and a range of a buffer.</summary>
    /// <returns>The count, or -1 (errno tells).</returns>
    [SkipLocalsInit]
    public static int WritePacket(int fd, ReadOnlySpan<byte> pinnedHeaders, ChunkBuffer? buffer, long offset, int length)
    {
        if (length == 0)
        {
            return (int)Libc.Write(fd, pinnedHeaders);
        }

        Span<IoVec> pieces = stackalloc IoVec[MaxPieces];
        pieces[0] = IoVec.FromPinned(pinnedHeaders);
        int count = Gather(pieces, 1, buffer!, offset, length, out _);
        return (int)Libc.WriteV(fd, pieces[..count]);
    }

    private static int Gather(Span<IoVec> pieces, int count, ChunkBuffer buffer, long offset, int length, out int gathered)
    {
        gathered = 0;
        while (gathered < length && count < pieces.Length)
        {
            byte[] chunk = buffer.PeekChunk(offset + gathered, length - gathered, out int at, out int piece);
            pieces[count++] = IoVec.FromPinned(chunk.AsSpan(at, piece));
            gathered += piece;
        }

        return count;
    }
}
