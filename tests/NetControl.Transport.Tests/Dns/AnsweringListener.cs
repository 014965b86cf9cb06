using NetControl.Network;
using NetControl.Transport.Dns;

namespace NetControl.Transport.Tests.Dns;

/// <summary>A network on which every address and port is a resolver that answers at once as the test says, or not at all.</summary>
internal sealed class AnsweringListener : IPacketListener
{
    public List<(AddrPort Server, string Name)> Asked { get; } = [];

    /// <summary>Makes the answer from the query and its name; null is silence.</summary>
    public Func<byte[], string, byte[]?> Answer { get; set; } = (query, _) => DnsMessages.Answer(query);

    public int Open { get; private set; }

    public ValueTask<IPacketConnection> ListenAsync(CancellationToken cancellationToken = default)
    {
        Open++;
        return new ValueTask<IPacketConnection>(new Socket(this));
    }

    private sealed class Socket(AnsweringListener network) : IPacketConnection
    {
        private IPacketHandler? _handler;
        private bool _disposed;

        public bool Send(ReadOnlySpan<byte> payload, in AddrPort destination)
        {
            Assert.True(DnsAnswerCheck.TryReadQuery(payload, out DnsQuestion question));
            network.Asked.Add((destination, $"{question.Name}"));
            if (network.Answer(payload.ToArray(), $"{question.Name}") is { } answer)
            {
                _handler!.OnPacket(answer, destination);
            }

            return true;
        }

        public void Receive(IPacketHandler handler) => _handler = handler;

        public void Dispose()
        {
            if (!_disposed)
            {
                _disposed = true;
                network.Open--;
                _handler?.OnClosed(null);
            }
        }
    }
}
