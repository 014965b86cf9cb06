using System.Runtime.CompilerServices;
using NetControl.Network;

namespace NetControl.Transport.Dns;

/// <summary>The steps that transports share, with their failures named.</summary>
internal static class DnsStep
{
    /// <summary>Refuses what is no query.</summary>
    public static void CheckQuery(ReadOnlySpan<byte> query)
    {
        if (query.Length > ushort.MaxValue || !DnsAnswerCheck.TryReadQuery(query, out _))
        {
            throw new DnsException(DnsError.BadRequest, "the message is not a query with one question");
        }
    }

    /// <summary>Reaches the resolver.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<IStreamConnection> DialAsync(IStreamEndpoint server, CancellationToken cancellationToken)
    {
        try
        {
            return await server.ConnectAsync(cancellationToken);
        }
        catch (Exception e) when (e is DialException or IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new DnsException(DnsError.Dial, $"the resolver cannot be reached: {e.Message}", e);
        }
    }
}
