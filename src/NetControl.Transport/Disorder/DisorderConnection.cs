using System.Runtime.CompilerServices;
using NetControl.Network;
using NetControl.Transport.Shaping;

namespace NetControl.Transport.Disorder;

/// <summary>A socket of which one write goes no farther than the first router, until it is repeated.</summary>
internal sealed class DisorderConnection(IStreamConnection inner, IHopLimited socket, int write) : ShapingConnection(inner)
{
    private int _left = write;

    protected override bool IsDone => _left < 0;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    protected override async ValueTask ShapeAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_left-- > 0)
        {
            await Inner.WriteAsync(buffer, cancellationToken);
            return;
        }

        // The kernel looks at the limit when it sends: the write has left when the call returns, and its repetition goes all the way.
        int usual = socket.HopLimit;
        socket.HopLimit = 1;
        try
        {
            await Inner.WriteAsync(buffer, cancellationToken);
        }
        finally
        {
            socket.HopLimit = usual;
        }
    }
}
