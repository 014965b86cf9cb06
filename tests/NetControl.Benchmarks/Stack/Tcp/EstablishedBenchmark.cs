using BenchmarkDotNet.Attributes;
using NetControl.Stack;
using NetControl.Stack.Storage;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;

namespace NetControl.Benchmarks.Stack.Tcp;

/// <summary>One established connection: a super-segment in and its acknowledgement out, or a super-segment out and its acknowledgement in.</summary>
[MemoryDiagnoser]
public class EstablishedBenchmark
{
    private readonly byte[] _payload = new byte[62 << 10];
    private TcpConnection _connection = null!;
    private SequenceNumber _clientSeq = new(1000);
    private SequenceNumber _clientAck;
    private Instant _now = new(1_000_000);

    [GlobalSetup]
    public void SetUp()
    {
        TcpParameters parameters = new() { MaxSuperSegment = 65_000 };
        _connection = new TcpConnection(new ChunkPool(64 << 20), parameters);
        _connection.Reset(parameters);
        TcpOptions options = new() { Mss = 1460, WindowScale = 10, SackPermitted = true, HasTimestamps = true, TsVal = 1 };
        Sink sink = default;
        _connection.Accept(new TcpSegment(_clientSeq, default, TcpFlags.Syn, 65_535, in options, default), new SequenceNumber(5000), 0, true, _now);
        _connection.Answer(_now);
        _connection.Dispatch(_now, ref sink);
        _clientSeq += 1;
        _clientAck = new SequenceNumber(5001);
        Segment(TcpFlags.Ack, default);
    }

    [Benchmark]
    public void SegmentIn()
    {
        Segment(TcpFlags.Ack, _payload);
        _clientSeq += _payload.Length;
    }

    [Benchmark]
    public void SegmentOut()
    {
        _connection.SendBuffer.Append(_payload.AsSpan(0, 14_480)); // within the initial window, so that each call sends all of it
        _connection.Queued(_now);
        Sink sink = default;
        _connection.Dispatch(_now, ref sink);
        _clientAck += 14_480;
        Segment(TcpFlags.Ack, default);
    }

    private void Segment(TcpFlags flags, ReadOnlySpan<byte> payload)
    {
        _now += 100;
        TcpOptions options = new() { HasTimestamps = true, TsVal = (uint)_now.Millis, TsEcr = (uint)_now.Millis };
        Taker taker = default;
        Sink sink = default;
        _connection.OnSegment(new TcpSegment(_clientSeq, _clientAck, flags, 8192, in options, payload), _now, ref taker);
        _connection.Dispatch(_now, ref sink);
    }

    private readonly struct Taker : ITcpReceiver
    {
        public int Receive(ReadOnlySpan<byte> payload) => payload.Length;
    }

    private readonly struct Sink : ITcpSender
    {
        public void Send(TcpConnection connection, ref TcpOutput segment)
        {
        }
    }
}
