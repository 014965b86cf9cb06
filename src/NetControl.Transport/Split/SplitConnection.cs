using System.Runtime.CompilerServices;
using NetControl.Network;
using NetControl.Transport.Shaping;

namespace NetControl.Transport.Split;

/// <summary>A connection whose first written bytes are cut into pieces.</summary>
internal sealed class SplitConnection : ShapingConnection
{
    private readonly StreamSplit[] _splits;
    private int _index;
    private int _count;
    private int _untilCut;

    /// <param name="inner">The connection beneath.</param>
    /// <param name="splits">The pieces; each of at least one byte.</param>
    public SplitConnection(IStreamConnection inner, StreamSplit[] splits)
        : base(inner)
    {
        _splits = splits;
        _count = splits[0].Count;
        _untilCut = splits[0].Length;
    }

    protected override bool IsDone => _index == _splits.Length;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    protected override async ValueTask ShapeAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        while (!buffer.IsEmpty)
        {
            int length = IsDone ? buffer.Length : Math.Min(_untilCut, buffer.Length);
            await Inner.WriteAsync(buffer[..length], cancellationToken);
            buffer = buffer[length..];
            Advance(length);
        }
    }

    private void Advance(int length)
    {
        _untilCut -= length;
        if (IsDone || _untilCut > 0)
        {
            return;
        }

        if (--_count == 0 && ++_index < _splits.Length)
        {
            _count = _splits[_index].Count;
        }

        _untilCut = IsDone ? 0 : _splits[_index].Length;
    }
}
