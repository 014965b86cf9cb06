using System.Net.Sockets;
using NetControl.Testing;

namespace NetControl.Network.Tests;

public sealed class HappyEyeballsStreamDialerTests
{
    private static readonly HostPort s_name = new("dns.example", 53);
    private readonly ManualTimeProvider _time = new();
    private readonly ScriptedDialer _inner = new();
    private readonly TaskCompletionSource<IReadOnlyList<IpAddr>> _v6 = new();
    private readonly TaskCompletionSource<IReadOnlyList<IpAddr>> _v4 = new();
    private readonly CancellationTokenSource _cancel = new();

    [Theory]
    [InlineData("8.8.8.8:53")]
    [InlineData("[2001:4860:4860::8888]:53")]
    public async Task Address_IsDialledAsItIs(string address)
    {
        _inner.Default = Answer.Connects;
        await new HappyEyeballsStreamDialer(_inner, []).DialAsync(HostPort.Parse(address), TestContext.Current.CancellationToken);
        Assert.Equal([address], _inner.Dialled);
    }

    [Fact]
    public async Task BothFamilies_IPv6IsFirst_AlthoughIPv4CameFirst()
    {
        _inner.Default = Answer.Connects;
        await Race(Both("8.8.8.8", "2001:db8::1"));
        Assert.Equal(["[2001:db8::1]:53"], _inner.Dialled);
    }

    [Fact]
    public async Task IPv6_ThatIsFoundALittleLater_IsFirst()
    {
        _inner.Default = Answer.Connects;
        Task<IStreamConnection> dial = Race();
        Found(_v4, "8.8.8.8");
        _time.Advance(TimeSpan.FromMilliseconds(10));
        Assert.Empty(_inner.Dialled);
        Found(_v6, "2001:db8::1");
        await dial;
        Assert.Equal(["[2001:db8::1]:53"], _inner.Dialled);
    }

    [Fact]
    public async Task IPv6Lookup_ThatHangs_IsNotWaitedForLongerThan50Milliseconds()
    {
        Task<IStreamConnection> dial = Race();
        Found(_v4, "8.8.8.8", "8.8.4.4");
        _time.Advance(TimeSpan.FromMilliseconds(49));
        Assert.Empty(_inner.Dialled);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(["8.8.8.8:53"], _inner.Dialled);
        _inner.Fail("8.8.8.8:53", DialFailure.Refused);
        Assert.Equal(["8.8.8.8:53", "8.8.4.4:53"], _inner.Dialled);
        _inner.Connect("8.8.4.4:53");
        Assert.Equal("8.8.4.4:53", (await dial).RemoteAddress.ToString());
        Assert.True(_inner.LookupsWereStopped);
    }

    [Fact]
    public async Task Lookup_OfOneFamilyFails_TheOtherIsDialledAtOnce()
    {
        _inner.Default = Answer.Connects;
        Task<IStreamConnection> first = Race();
        _v4.SetException(new DialException(DialFailure.NameNotResolved, "no A"));
        Found(_v6, "2001:db8::1");
        await first;
        Assert.Equal(["[2001:db8::1]:53"], _inner.Dialled);
    }

    [Fact]
    public async Task Lookup_OfIPv6Fails_IPv4IsDialledWithoutDelay()
    {
        _inner.Default = Answer.Connects;
        Task<IStreamConnection> dial = Race();
        Found(_v4, "8.8.8.8");
        _v6.SetException(new DialException(DialFailure.NameNotResolved, "no AAAA"));
        await dial;
        Assert.Equal(["8.8.8.8:53"], _inner.Dialled);
    }

    [Fact]
    public async Task Lookups_ThatAllFail_FailTheDialWithoutAttempts()
    {
        Task<IStreamConnection> dial = Race();
        _v4.SetException(new DialException(DialFailure.NameNotResolved, "no A"));
        _v6.SetException(new DialException(DialFailure.NameNotResolved, "no AAAA"));
        DialException e = await Assert.ThrowsAsync<DialException>(() => dial);
        Assert.Equal(DialFailure.NameNotResolved, e.Failure);
        Assert.Equal("dns.example could not be resolved: no A; no AAAA", e.Message);
        Assert.Equal(2, Assert.IsType<AggregateException>(e.InnerException).InnerExceptions.Count);
        Assert.Empty(_inner.Dialled);
    }

    [Fact]
    public async Task Lookups_WithoutAddresses_FailTheDial()
    {
        DialException e = await Assert.ThrowsAsync<DialException>(() => Race(Both()));
        Assert.Equal(DialFailure.NameNotResolved, e.Failure);
        Assert.Equal("dns.example has no address", e.Message);
        Assert.Empty(_inner.Dialled);
    }

    [Fact]
    public async Task NoLookups_FailTheDial() =>
        await Assert.ThrowsAsync<DialException>(() => Race([]));

    [Fact]
    public async Task Attempts_TakeTurns_EachAfterTheFailureOfTheOneBefore()
    {
        _inner.Default = Answer.Refuses;
        DialException e = await Assert.ThrowsAsync<DialException>(
            () => Race(Both("1.1.1.1", "2.2.2.2", "3.3.3.3", "::1", "::2")));
        Assert.Equal(["[::1]:53", "1.1.1.1:53", "[::2]:53", "2.2.2.2:53", "3.3.3.3:53"], _inner.Dialled);
        Assert.Equal(DialFailure.Refused, e.Failure);
    }

    [Fact]
    public async Task Attempts_ThatHang_AreJoinedByTheNextAfter250Milliseconds_AndGivenUpByTheWinner()
    {
        Task<IStreamConnection> dial = Race(Both("8.8.8.8", "8.8.4.4", "2001:db8::8844", "2001:db8::8888"));
        _time.Advance(TimeSpan.FromMilliseconds(249));
        Assert.Equal(["[2001:db8::8844]:53"], _inner.Dialled);
        _time.Advance(TimeSpan.FromMilliseconds(501));
        Assert.Equal(["[2001:db8::8844]:53", "8.8.8.8:53", "[2001:db8::8888]:53", "8.8.4.4:53"], _inner.Dialled);
        _inner.Connect("8.8.8.8:53");
        Assert.Equal("8.8.8.8:53", (await dial).RemoteAddress.ToString());
        Assert.Equal(3, _inner.Canceled);
        Assert.Equal(0, _time.ArmedTimers);
    }

    [Fact]
    public async Task Attempt_ThatSucceedsAfterTheWinner_IsAborted()
    {
        _inner.IgnoreCancellation = true;
        Task<IStreamConnection> dial = Race(Both("8.8.8.8", "2001:db8::1"));
        _time.Advance(TimeSpan.FromMilliseconds(250));
        FakeStream winner = _inner.Connect("8.8.8.8:53");
        FakeStream late = _inner.Connect("[2001:db8::1]:53");
        Assert.Same(winner, await dial);
        Assert.Equal((false, true), (winner.Aborted, late.Aborted));
    }

    [Fact]
    public async Task AddressesThatComeTwice_AreTriedOnce()
    {
        _inner.Default = Answer.Refuses;
        await Assert.ThrowsAsync<DialException>(() => Race(Both("8.8.8.8", "8.8.8.8")));
        Assert.Equal(["8.8.8.8:53"], _inner.Dialled);
    }

    [Fact]
    public async Task Failure_OfTheOnlyAddress_PassesAsItIs()
    {
        Task<IStreamConnection> dial = Race(Both("8.8.8.8"));
        DialException error = _inner.Fail("8.8.8.8:53", DialFailure.NotAllowed);
        Assert.Same(error, await Assert.ThrowsAsync<DialException>(() => dial));
    }

    [Fact]
    public async Task Failure_OfBothFamilies_TellsTheOneThatMeansMore()
    {
        Task<IStreamConnection> dial = Race(Both("8.8.8.8", "2001:db8::1"));
        _time.Advance(TimeSpan.FromMilliseconds(250));
        _inner.Fail("8.8.8.8:53", DialFailure.Refused);
        _inner.Fail("[2001:db8::1]:53", DialFailure.NetworkUnreachable);
        Assert.Equal(DialFailure.Refused, (await Assert.ThrowsAsync<DialException>(() => dial)).Failure);
    }

    [Fact]
    public async Task Cancel_WhileLookingUp_DialsNothing()
    {
        Task<IStreamConnection> dial = Race();
        await _cancel.CancelAsync();
        _v4.SetCanceled(_cancel.Token);
        Found(_v6, "2001:db8::1");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dial);
        Assert.Empty(_inner.Dialled);
    }

    [Fact]
    public async Task Cancel_WhileDialling_DialsNothingMore()
    {
        Task<IStreamConnection> dial = Race(Both("8.8.8.8", "2001:db8::1"));
        await _cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dial);
        Assert.Equal(["[2001:db8::1]:53"], _inner.Dialled);
        Assert.Equal(0, _time.ArmedTimers);
    }

    [Fact]
    public async Task Cancel_BeforeTheDial_LooksNothingUp()
    {
        await _cancel.CancelAsync();
        int lookups = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Race([(_, _) =>
        {
            lookups++;
            return new ValueTask<IReadOnlyList<IpAddr>>([]);
        }]));
        Assert.Equal(0, lookups);
    }

    [Fact]
    public void Nulls_AreRefused()
    {
        Assert.Throws<ArgumentNullException>(() => new HappyEyeballsStreamDialer(null!, []));
        Assert.Throws<ArgumentNullException>(() => new HappyEyeballsStreamDialer(_inner, null!));
    }

    private static void Found(TaskCompletionSource<IReadOnlyList<IpAddr>> lookup, params string[] addresses) =>
        lookup.SetResult([.. addresses.Select(address => IpAddr.Parse(address))]);

    private static AddressLookup[] Both(params string[] addresses) =>
    [
        .. new[] { true, false }.Select(v4 => (AddressLookup)((_, _) => new ValueTask<IReadOnlyList<IpAddr>>(
            [.. addresses.Select(address => IpAddr.Parse(address)).Where(address => address.IsV4 == v4)]))),
    ];

    private Task<IStreamConnection> Race() => Race(
    [
        (_, stop) =>
        {
            stop.Register(() => _inner.LookupsWereStopped = true);
            return new ValueTask<IReadOnlyList<IpAddr>>(_v6.Task);
        },
        (_, _) => new ValueTask<IReadOnlyList<IpAddr>>(_v4.Task),
    ]);

    private Task<IStreamConnection> Race(AddressLookup[] lookups) =>
        new HappyEyeballsStreamDialer(_inner, lookups, new HappyEyeballsOptions { TimeProvider = _time })
            .DialAsync(s_name, _cancel.Token).AsTask();

    private enum Answer
    {
        Hangs,
        Connects,
        Refuses,
    }

    private sealed class ScriptedDialer : IStreamDialer
    {
        private readonly Dictionary<string, TaskCompletionSource<IStreamConnection>> _pending = [];

        public List<string> Dialled { get; } = [];

        public Answer Default { get; set; }

        public bool IgnoreCancellation { get; set; }

        public int Canceled { get; private set; }

        public bool LookupsWereStopped { get; set; }

        public ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default)
        {
            string text = destination.ToString();
            Dialled.Add(text);
            switch (Default)
            {
                case Answer.Connects:
                    return new ValueTask<IStreamConnection>(new FakeStream(destination.Address));
                case Answer.Refuses:
                    return ValueTask.FromException<IStreamConnection>(new DialException(DialFailure.Refused, "refused", new SocketException()));
                default:
                    TaskCompletionSource<IStreamConnection> dial = new();
                    _pending.Add(text, dial);
                    if (!IgnoreCancellation)
                    {
                        cancellationToken.Register(() => Canceled += dial.TrySetCanceled(cancellationToken) ? 1 : 0);
                    }

                    return new ValueTask<IStreamConnection>(dial.Task);
            }
        }

        public FakeStream Connect(string address)
        {
            FakeStream stream = new(AddrPort.Parse(address));
            _pending[address].SetResult(stream);
            return stream;
        }

        public DialException Fail(string address, DialFailure failure)
        {
            DialException error = new(failure, $"{address}: {failure}");
            _pending[address].SetException(error);
            return error;
        }
    }

    private sealed class FakeStream(AddrPort remote) : IStreamConnection
    {
        public AddrPort LocalAddress => default;

        public AddrPort RemoteAddress => remote;

        public bool Aborted { get; private set; }

        public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(0);

        public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

        public ValueTask CloseWriteAsync(CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

        public void CloseRead()
        {
        }

        public void Abort() => Aborted = true;

        public void Dispose()
        {
        }
    }
}
