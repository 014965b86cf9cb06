using System.Runtime.CompilerServices;
using NetControl.Network;

namespace NetControl.Transport.Http;

/// <summary>Reads the head of a response, and not one byte of what follows it.</summary>
/// <remarks>
/// Each read asks for no more than is certain to belong to the head, so the connection can be handed on as the bare stream that it then is.
/// That costs a read for every four bytes: some dozen system calls for a proxy's short answer, once for each tunnel.
/// </remarks>
internal static class ResponseHeadReader
{
    /// <summary>Reads the final head of a response; informational ones before it are passed over, within the same limit.</summary>
    /// <param name="connection">Where it comes from.</param>
    /// <param name="buffer">Room for <see cref="ResponseHead.MaxLength"/>; the final head lies in the range that is returned.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IOException">The connection broke.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<(int Start, int End, ResponseHeadFault Fault)> ReadAsync(
        IStreamConnection connection, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int start = 0;
        int received = 0;
        int judged = 0;
        while (true)
        {
            int wanted = start + ResponseHead.Examine(buffer.Span[start..received], judged - start);
            if (wanted < start)
            {
                return (0, 0, ResponseHeadFault.NotHttp);
            }

            judged = received;
            if (wanted == received && received > start)
            {
                if (!ResponseHead.TryParse(buffer.Span[start..received], out ResponseHead head))
                {
                    return (0, 0, ResponseHeadFault.NotHttp);
                }

                // RFC 9110 section 15.2: any number of them may come. 101 is final for whoever asked for it.
                if (head.StatusCode is >= 200 or 101)
                {
                    return (start, received, ResponseHeadFault.None);
                }

                start = received;
                continue;
            }

            if (wanted > Math.Min(buffer.Length, ResponseHead.MaxLength))
            {
                return (0, 0, ResponseHeadFault.TooLong);
            }

            int read = await connection.ReadAsync(buffer[received..wanted], cancellationToken);
            if (read == 0)
            {
                return (0, 0, ResponseHeadFault.Ended);
            }

            received += read;
        }
    }
}
