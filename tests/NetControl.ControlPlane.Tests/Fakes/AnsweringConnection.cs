using NetControl.Network;

namespace NetControl.ControlPlane.Tests.Fakes;

/// <summary>A stream to a peer that says what the test wrote down, however it is asked, and then nothing more.</summary>
internal sealed class AnsweringConnection(byte[] answers) : IStreamConnection
{
    private int _told;

    /// <summary>What a SOCKS5 proxy that lets everybody connect says (RFC 1928).</summary>
    public static byte[] Socks5 { get; } = [5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0];

    public AddrPort LocalAddress => AddrPort.Parse("192.0.2.100:1");

    public AddrPort RemoteAddress => AddrPort.Parse("192.0.2.101:1");

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = Math.Min(buffer.Length, answers.Length - _told);
        answers.AsMemory(_told, count).CopyTo(buffer);
        _told += count;
        return ValueTask.FromResult(count);
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public ValueTask CloseWriteAsync(CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public void CloseRead()
    {
        // Nobody listens.
    }

    public void Abort()
    {
        // Nobody listens.
    }

    public void Dispose()
    {
        // Nothing is held.
    }
}
