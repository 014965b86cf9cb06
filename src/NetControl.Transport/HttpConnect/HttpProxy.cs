using System.Runtime.CompilerServices;
using NetControl.Network;

namespace NetControl.Transport.HttpConnect;

/// <summary>Reaching a proxy, whatever is then spoken with it.</summary>
internal static class HttpProxy
{
    /// <summary>Opens a connection to the proxy; a failure names the proxy as the culprit.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<IStreamConnection> ReachAsync(IStreamEndpoint proxy, CancellationToken cancellationToken)
    {
        try
        {
            return await proxy.ConnectAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or DialException { Failure: not DialFailure.Canceled })
        {
            cancellationToken.ThrowIfCancellationRequested();

            // A proxy that shows a wrong certificate was reached, and is not the one that was meant.
            DialFailure failure = e is DialException { Failure: DialFailure.ProxyProtocol or DialFailure.LocalLimit } dial
                ? dial.Failure
                : DialFailure.ProxyUnreachable;
            throw new HttpConnectException(failure, $"the HTTP proxy cannot be reached: {e.Message}", e);
        }
    }
}
