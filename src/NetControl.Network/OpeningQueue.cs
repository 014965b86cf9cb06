using System.Buffers;

namespace NetControl.Network;

/// <summary>The datagrams that wait while a session's socket is being opened.</summary>
/// <remarks>
/// Also the lock under which they are put in and sent off, so that a datagram never overtakes an earlier one. Dropped once the socket is
/// open.
/// </remarks>
internal sealed class OpeningQueue(int limit)
{
    private readonly Queue<(byte[] Buffer, int Length, AddrPort Destination)> _waiting = new();

    /// <summary>Keeps a copy, or drops the datagram when the queue is full.</summary>
    public void Add(ReadOnlySpan<byte> payload, in AddrPort destination)
    {
        if (_waiting.Count >= limit)
        {
            return;
        }

        byte[] copy = ArrayPool<byte>.Shared.Rent(payload.Length);
        payload.CopyTo(copy);
        _waiting.Enqueue((copy, payload.Length, destination));
    }

    /// <summary>Sends everything in order; a datagram the connection refuses is dropped, as UDP may.</summary>
    public void SendAll(IPacketConnection connection)
    {
        while (_waiting.TryDequeue(out (byte[] Buffer, int Length, AddrPort Destination) datagram))
        {
            try
            {
                connection.Send(datagram.Buffer.AsSpan(0, datagram.Length), datagram.Destination);
            }
            catch (NetworkException)
            {
                // Too large for this connection, or closed: the connection's OnClosed tells the latter.
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(datagram.Buffer);
            }
        }
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        while (_waiting.TryDequeue(out (byte[] Buffer, int Length, AddrPort Destination) datagram))
        {
            ArrayPool<byte>.Shared.Return(datagram.Buffer);
        }
    }
}
