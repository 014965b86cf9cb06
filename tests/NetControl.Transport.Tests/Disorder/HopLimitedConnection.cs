using NetControl.Network;

namespace NetControl.Transport.Tests.Disorder;

/// <summary>A socket that keeps which hop limit each write was sent with.</summary>
internal sealed class HopLimitedConnection : IStreamConnection, IHopLimited
{
    public int HopLimit { get; set; } = 64;

    public List<int> Limits { get; } = [];

    public AddrPort LocalAddress => default;

    public AddrPort RemoteAddress => default;

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(0);

    public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!buffer.IsEmpty)
        {
            Limits.Add(HopLimit);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask CloseWriteAsync(CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public void CloseRead()
    {
    }

    public void Abort()
    {
    }

    public void Dispose()
    {
    }
}
