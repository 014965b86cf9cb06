namespace NetControl.Network.Tests;

public sealed class DnsTruncatePacketProxyTests
{
    private static readonly AddrPort s_resolver = AddrPort.Parse("192.0.2.53:53");
    private readonly RecordingReceiver _receiver = new();

    [Fact]
    public void WriteTo_TwoQuestionsWithEdns_AreAnsweredByteForByte()
    {
        IPacketRequestSender sender = new DnsTruncatePacketProxy().NewSession(_receiver);
        byte[] query =
        [
            0x24, 0x68, 0x01, 0x20, 0, 2, 0, 0, 0, 0, 0, 1,
            3, .. "www"u8, 7, .. "example"u8, 3, .. "com"u8, 0, 0, 1, 0, 1,
            4, .. "mail"u8, 7, .. "example"u8, 3, .. "org"u8, 0, 0, 28, 0, 1,
            0, 0, 41, 0x04, 0xD0, 0, 0, 0, 0, 0, 0,
        ];
        byte[] expected =
        [
            0x24, 0x68, 0x83, 0x20, 0, 2, 0, 2, 0, 0, 0, 1,
            3, .. "www"u8, 7, .. "example"u8, 3, .. "com"u8, 0, 0, 1, 0, 1,
            4, .. "mail"u8, 7, .. "example"u8, 3, .. "org"u8, 0, 0, 28, 0, 1,
            0, 0, 41, 0x04, 0xD0, 0, 0, 0, 0, 0, 0,
        ];
        byte[] before = [.. query];
        Assert.Equal(query.Length, sender.WriteTo(query, s_resolver));
        Assert.Equal(before, query);
        (byte[] payload, AddrPort source) = Assert.Single(_receiver.Received);
        Assert.Equal(expected, payload);
        Assert.Equal(s_resolver, source);
    }

    [Fact]
    public void WriteTo_CodeInTheQuery_IsCleared()
    {
        IPacketRequestSender sender = new DnsTruncatePacketProxy().NewSession(_receiver);
        sender.WriteTo([1, 2, 0x01, 0xFF, 0, 1, 9, 9, 0, 0, 0, 0], s_resolver);
        Assert.Equal([1, 2, 0x83, 0xF0, 0, 1, 0, 1, 0, 0, 0, 0], Assert.Single(_receiver.Received).Payload);
    }

    [Fact]
    public void WriteTo_ElevenBytes_AreNoMessage_TwelveAre()
    {
        IPacketRequestSender sender = new DnsTruncatePacketProxy().NewSession(_receiver);
        var resolver = AddrPort.Parse("[2001:db8::53]:53");
        NetworkAssert.Fails(NetworkError.InvalidMessage, () => sender.WriteTo(new byte[11], resolver));
        Assert.Empty(_receiver.Received);
        Assert.Equal(12, sender.WriteTo(new byte[12], resolver));
        Assert.Equal(resolver, Assert.Single(_receiver.Received).Source);
    }

    [Theory]
    [InlineData(54)]
    [InlineData(52)]
    [InlineData(853)]
    [InlineData(443)]
    public void WriteTo_OtherPorts_AreUnreachable(ushort port)
    {
        IPacketRequestSender sender = new DnsTruncatePacketProxy().NewSession(_receiver);
        NetworkAssert.Fails(NetworkError.PortUnreachable, () => sender.WriteTo(new byte[20], new AddrPort(s_resolver.Address, port)));
        Assert.Empty(_receiver.Received);
    }

    [Fact]
    public void WriteTo_LongMessage_IsCutTo512Bytes()
    {
        IPacketRequestSender sender = new DnsTruncatePacketProxy().NewSession(_receiver);
        Assert.Equal(512, sender.WriteTo(new byte[600], s_resolver));
        Assert.Equal(512, Assert.Single(_receiver.Received).Payload.Length);
    }

    [Fact]
    public void Close_ClosesTheReceiverOnce_AndNothingIsDeliveredAfterIt()
    {
        IPacketRequestSender sender = new DnsTruncatePacketProxy().NewSession(_receiver);
        sender.Close();
        NetworkAssert.Closed(() => sender.WriteTo(new byte[12], s_resolver));
        NetworkAssert.Closed(sender.Close);
        Assert.Empty(_receiver.Received);
        Assert.Equal(1, _receiver.CloseCalls);
    }

    [Fact]
    public void NewSession_WithoutReceiver_IsRefused() =>
        Assert.Throws<ArgumentNullException>(() => new DnsTruncatePacketProxy().NewSession(null!));

    [Fact]
    public void WriteTo_TwentyThreads_EachGetsItsOwnAnswer()
    {
        IPacketRequestSender sender = new DnsTruncatePacketProxy().NewSession(_receiver);
        Thread[] threads = [.. Enumerable.Range(0, 20).Select(thread => new Thread(() =>
        {
            for (int i = 0; i < 20; i++)
            {
                sender.WriteTo(Query(thread, i), Resolver(thread, i));
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Dictionary<AddrPort, byte[]> answers = _receiver.Received.ToDictionary(answer => answer.Source, answer => answer.Payload);
        Assert.Equal(400, answers.Count);
        for (int i = 0; i < 400; i++)
        {
            byte[] expected = Query(i / 20, i % 20);
            expected[2] = 0x83;
            expected[7] = 1;
            Assert.Equal(expected, answers[Resolver(i / 20, i % 20)]);
        }

        static byte[] Query(int thread, int i) => [(byte)thread, (byte)i, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, (byte)(97 + i), 0, 0, 1, 0, 1];
        static AddrPort Resolver(int thread, int i) => new(IpAddr.FromV4((uint)((10 << 24) | (thread << 8) | i)), 53);
    }

    [Fact]
    public void WriteTo_AfterWarmUp_AllocatesNothing()
    {
        _receiver.Record = false;
        IPacketRequestSender sender = new DnsTruncatePacketProxy().NewSession(_receiver);
        byte[] query = new byte[60];
        sender.WriteTo(query, s_resolver);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            sender.WriteTo(query, s_resolver);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
