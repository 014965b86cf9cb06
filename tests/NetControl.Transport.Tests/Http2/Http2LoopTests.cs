using NetControl.Network;
using NetControl.Transport.Http2;
using NetControl.Transport.HttpConnect;
using NetControl.Transport.Tests.Socks5;

namespace NetControl.Transport.Tests.Http2;

/// <summary>What an event loop relies on: every continuation runs inside the call that brought the news, and bytes cost no garbage.</summary>
public sealed class Http2LoopTests
{
    private static readonly HostPort Destination = HostPort.Parse("example.org:443");

    [Fact]
    public void Tunnel_OnTheLoop_ContinuesInsideTheReadsAndAllocatesNothing()
    {
        LoopThread.Run(() =>
        {
            var inner = new SignalledStreamConnection();
            var dialer = new Http2ConnectDialer(new FixedEndpoint(inner), currentLoop: static () => "loop");
            Task<IStreamConnection> dial = dialer.DialAsync(Destination).AsTask();
            inner.Feed(Frame(Http2FrameType.Settings, Http2FrameFlags.None, 0));
            Assert.False(dial.IsCompleted);
            inner.Feed(Frame(Http2FrameType.Headers, Http2FrameFlags.EndHeaders, 1, 0x88));
            Assert.True(dial.IsCompletedSuccessfully);
            IStreamConnection tunnel = dial.GetAwaiter().GetResult();
            byte[] data = Frame(Http2FrameType.Data, Http2FrameFlags.None, 1, new byte[4096]);
            byte[] credit = [.. Frame(Http2FrameType.WindowUpdate, Http2FrameFlags.None, 1, 0, 0, 0x10, 0),
                .. Frame(Http2FrameType.WindowUpdate, Http2FrameFlags.None, 0, 0, 0, 0x10, 0)];
            byte[] buffer = new byte[3000];
            Exchange(2000);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Exchange(2000);
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

            void Exchange(int times)
            {
                for (int i = 0; i < times; i++)
                {
                    // One read waits for the frame, the next takes what is left of it.
                    ValueTask<int> waiting = tunnel.ReadAsync(buffer);
                    inner.Feed(data);
                    Check(waiting.IsCompletedSuccessfully && waiting.GetAwaiter().GetResult() == 3000);
                    ValueTask<int> rest = tunnel.ReadAsync(buffer);
                    Check(rest.IsCompletedSuccessfully && rest.GetAwaiter().GetResult() == 1096);
                    ValueTask write = tunnel.WriteAsync(data.AsMemory(0, 4096));
                    Check(write.IsCompletedSuccessfully);
                    write.GetAwaiter().GetResult();
                    inner.Feed(credit);
                }
            }
        });
    }

    private static void Check(bool condition)
    {
        if (!condition)
        {
            throw new InvalidOperationException("the call left the loop, or gave something else");
        }
    }

    private static byte[] Frame(Http2FrameType type, Http2FrameFlags flags, int stream, params byte[] payload)
    {
        byte[] frame = new byte[Http2FrameHeader.Size + payload.Length];
        new Http2FrameHeader(payload.Length, type, flags, stream).Write(frame);
        payload.CopyTo(frame.AsSpan(Http2FrameHeader.Size));
        return frame;
    }
}
