using System.Net.Sockets;
using NetControl.Engine.Sessions;
using NetControl.Testing;

namespace NetControl.Engine.Tests.Flows;

/// <summary>What becomes of the upstream reaches the client soon, whatever the client is doing.</summary>
public sealed class UpstreamFateTests
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(3);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task UpstreamResets_WhileTheClientDoesNotRead_ItIsResetAllTheSame(bool slow)
    {
        using Upstream upstream = new();
        await using TestEngine test = TcpFlowTests.Lane(slow, TestEngine.Options with { SessionBufferBytes = 256 << 10 });
        (TcpPeer peer, Socket far) = await upstream.MeetAsync(test);
        far.SendBufferSize = 64 << 10;
        far.Blocking = false;
        await FillAsync(far, test);
        Reset(far);
        await peer.ResetAsync().WaitAsync(s_soon);
        Assert.Equal(SessionCause.UpstreamReset, (await test.ClosedAsync(peer.Source)).Cause);
        Assert.Equal((1L, 1L), (test.Device.ResetsSent, test.Device.ResetsPassedOn));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task UpstreamResets_AfterItsFin_TheClientLearnsItBeforeItWrites(bool slow)
    {
        using Upstream upstream = new();
        await using TestEngine test = TcpFlowTests.Lane(slow);
        (TcpPeer peer, Socket far) = await upstream.MeetAsync(test);
        far.Send("bye"u8);
        far.Shutdown(SocketShutdown.Send);
        Assert.Equal("bye"u8.ToArray(), await peer.ReceiveToEndAsync());
        Reset(far);
        await peer.ResetAsync().WaitAsync(s_soon);
        Assert.Equal(SessionCause.UpstreamReset, (await test.ClosedAsync(peer.Source)).Cause);
    }

    [Fact]
    public async Task StreamAskedWhileTheClientRests_LosesNothingOfWhatComesThen()
    {
        using Upstream upstream = new();
        await using TestEngine test = TcpFlowTests.Lane(slow: true);
        (TcpPeer peer, Socket far) = await upstream.MeetAsync(test);
        far.Shutdown(SocketShutdown.Send);
        Assert.Empty(await peer.ReceiveToEndAsync());
        byte[] late = TcpFlowTests.Noise(50_000);
        byte[] got = new byte[late.Length];
        for (int done = 0; done < late.Length; done += 10_000)
        {
            await Task.Delay(500); // the stream is asked in between
            await peer.SendAsync(late.AsMemory(done, 10_000).ToArray());
            for (int have = 0; have < 10_000;)
            {
                have += await far.ReceiveAsync(got.AsMemory(done + have, 10_000 - have)).AsTask().WaitAsync(PeerHost.Patience);
            }
        }

        Assert.Equal(late, got);
        peer.Close();
        Assert.Equal(SessionCause.Completed, (await test.ClosedAsync(peer.Source)).Cause);
    }

    [Fact]
    public async Task UpstreamResets_WhenBothHaveEnded_TheClientStillGetsEveryByte()
    {
        // A server that closes without having read everything resets (RFC 2525 section 2.17); the answer it gave is none the less whole.
        using Upstream upstream = new();
        await using TestEngine test = TcpFlowTests.Lane(slow: false, TestEngine.Options with { SessionBufferBytes = 1 << 20 });
        (TcpPeer peer, Socket far) = await upstream.MeetAsync(test);
        byte[] answer = TcpFlowTests.Noise(300_000);
        Task sending = far.SendAsync(answer);
        await peer.SendAsync(new byte[100]);
        peer.Close();
        await sending.WaitAsync(PeerHost.Patience);
        await TcpFlowTests.StallAsync(() => test.Device.BytesOut);
        far.Shutdown(SocketShutdown.Send);
        await UntilAsync(async () =>
            (await test.Engine.ListSessionsAsync(null, default)) is [{ BytesReceived: 300_000, State: SessionState.Closing }]);
        Reset(far);
        Assert.Equal(answer, await peer.ReceiveToEndAsync());
        Assert.Equal(SessionCause.Completed, (await test.ClosedAsync(peer.Source)).Cause);
    }

    /// <summary>Sends until neither the kernel's buffers nor ours take more.</summary>
    private static async Task FillAsync(Socket far, TestEngine test)
    {
        byte[] block = new byte[64 << 10];
        long before;
        do
        {
            before = test.Device.BytesOut;
            try
            {
                while (true)
                {
                    far.Send(block);
                }
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock)
            {
                await TcpFlowTests.StallAsync(() => test.Device.BytesOut);
            }
        }
        while (test.Device.BytesOut != before);
    }

    private static void Reset(Socket far)
    {
        far.LingerState = new LingerOption(true, 0);
        far.Dispose();
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using CancellationTokenSource patience = new(PeerHost.Patience);
        while (!await holds())
        {
            await Task.Delay(5, patience.Token);
        }
    }
}
