using NetControl.Transport.Dns;

namespace NetControl.Transport.Tests.Dns;

/// <summary>A transport that answers as the test says, and remembers what it was asked.</summary>
internal sealed class FakeDnsTransport(Func<byte[], byte[]> answer) : IDnsTransport
{
    public List<DnsQuestion> Asked { get; } = [];

    public Func<byte[], byte[]> Answer { get; set; } = answer;

    /// <summary>Whether nothing comes.</summary>
    public bool IsSilent { get; set; }

    public ValueTask<byte[]> ExchangeAsync(ReadOnlyMemory<byte> query, CancellationToken cancellationToken = default)
    {
        Assert.True(DnsAnswerCheck.TryReadQuery(query.Span, out DnsQuestion question));
        Asked.Add(question);
        if (!IsSilent)
        {
            return new ValueTask<byte[]>(Answer(query.ToArray()));
        }

        TaskCompletionSource<byte[]> never = new();
        cancellationToken.Register(() => never.TrySetCanceled(cancellationToken));
        return new ValueTask<byte[]>(never.Task);
    }
}
