namespace NetControl.Network.Tests;

public sealed class DelegateStreamDialerTests
{
    private static readonly HostPort Destination = HostPort.Parse("example.com:80");

    [Fact]
    public async Task SetDialer_Dials_GoToTheDialerOfTheirTime()
    {
        var first = new CountingDialer();
        var second = new CountingDialer();
        var dialer = new DelegateStreamDialer(first);
        await dialer.DialAsync(Destination);
        dialer.SetDialer(second);
        await dialer.DialAsync(Destination);
        await dialer.DialAsync(Destination);
        Assert.Equal((1, 2), (first.Count, second.Count));
        Assert.Equal(Destination, second.Last);
    }

    [Fact]
    public async Task DialAsync_Token_IsPassedOn()
    {
        var first = new CountingDialer();
        using var source = new CancellationTokenSource();
        await new DelegateStreamDialer(first).DialAsync(Destination, source.Token);
        Assert.Equal(source.Token, first.Token);
    }

    [Fact]
    public async Task Null_InConstructorAndSetDialer_IsRefusedAndTheOldDialerStays()
    {
        Assert.Throws<ArgumentNullException>(() => new DelegateStreamDialer(null!));
        var first = new CountingDialer();
        var dialer = new DelegateStreamDialer(first);
        Assert.Throws<ArgumentNullException>(() => dialer.SetDialer(null!));
        await dialer.DialAsync(Destination);
        Assert.Equal(1, first.Count);
    }

    [Fact]
    public async Task Endpoint_Connect_DialsItsOwnAddress()
    {
        var inner = new CountingDialer();
        await new StreamDialerEndpoint(inner, Destination).ConnectAsync();
        Assert.Equal((1, Destination), (inner.Count, inner.Last));
        Assert.Throws<ArgumentNullException>(() => new StreamDialerEndpoint(null!, Destination));
    }

    private sealed class CountingDialer : IStreamDialer
    {
        public int Count { get; private set; }

        public HostPort Last { get; private set; }

        public CancellationToken Token { get; private set; }

        public ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default)
        {
            Count++;
            Last = destination;
            Token = cancellationToken;
            return new ValueTask<IStreamConnection>((IStreamConnection)null!);
        }
    }
}
