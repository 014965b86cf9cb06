using System.Buffers.Binary;
using System.Net;
using NetControl.Testing.Tcp;

namespace NetControl.EndToEnd.Tests.Conformance;

/// <summary>A TCP connection of a host, segment by segment in the text of <see cref="SegmentText"/>: <c>A 1:101 ack 1</c> counts from the SYNs.</summary>
internal sealed class Conversation(Host host, IPEndPoint remote, IPEndPoint? local = null, uint? isn = null)
{
    public const string PlainSyn = "S 0 win 60000 mss 1000";
    public const string SackSyn = "S 0 win 60000 mss 1000 sackok";
    public const string StampSyn = "S 0 win 60000 mss 1000 sackok ts 1000 0 wscale 0";

    public Host Host { get; } = host;

    public IPEndPoint Local { get; } = local ?? host.NextEndPoint();

    public IPEndPoint Remote { get; } = remote;

    /// <summary>Our initial sequence number.</summary>
    public uint Isn { get; } = isn ?? BitConverter.ToUInt32(Host.Bytes(4));

    /// <summary>Theirs.</summary>
    public uint TheirIsn { get; set; }

    /// <summary>Their SYN.</summary>
    public Seen? SynAck { get; private set; }

    /// <summary>The window of segments that name none.</summary>
    public int Window { get; set; } = 60_000;

    /// <summary>Sends a SYN and waits for its answer.</summary>
    public async Task<Seen> OpenAsync(string syn = PlainSyn, byte[]? options = null)
    {
        Send(syn, options: options);
        SynAck = await ExpectAsync(seen => seen.Has('S'), "a SYN-ACK");
        TheirIsn = SynAck.Seq;
        Assert.Equal(Isn + 1, SynAck.Ack);
        Assert.Equal(0x12, SynAck.Flags & 0x3F);
        return SynAck;
    }

    /// <summary>Opens, and completes the handshake.</summary>
    public async Task<Conversation> EstablishAsync(string syn = PlainSyn, byte[]? options = null, string? ack = null)
    {
        await OpenAsync(syn, options);
        Send(ack ?? (SynAck!.Stamp is { } stamp ? $"A 1 ack 1 ts {1001} {stamp.Value}" : "A 1 ack 1"));
        return this;
    }

    /// <summary>Sends a segment.</summary>
    public void Send(string text, byte[]? payload = null, byte[]? options = null, int urgent = 0, int reserved = 0, int extraFlags = 0) =>
        Host.Send(Packet(text, payload, options, urgent, reserved, extraFlags));

    /// <summary>The bytes of a segment.</summary>
    public byte[] Packet(string text, byte[]? payload = null, byte[]? options = null, int urgent = 0, int reserved = 0, int extraFlags = 0) =>
        Wire.Ip(Local.Address, Remote.Address, Wire.Tcp, Segment(text, payload, options, urgent, reserved, extraFlags));

    /// <summary>The bytes of a segment without its IP header.</summary>
    public byte[] Segment(string text, byte[]? payload = null, byte[]? options = null, int urgent = 0, int reserved = 0, int extraFlags = 0)
    {
        SegmentText line = SegmentText.Parse(text);
        payload ??= Content(line.Seq - 1, line.Length);
        Assert.Equal(line.Length, payload.Length);
        bool acks = ((int)line.Flags & 0x10) != 0;
        return Wire.TcpSegment(
            Local, Remote, Isn + (uint)line.Seq, acks ? TheirIsn + (uint)line.Ack : 0, (int)line.Flags | extraFlags,
            line.Window >= 0 ? line.Window : Window, options ?? OptionsOf(line), payload, urgent, reserved);
    }

    /// <summary>The stream's content: what stands at an offset is always the same.</summary>
    public static byte[] Content(long offset, int length)
    {
        byte[] content = new byte[length];
        for (int i = 0; i < length; i++)
        {
            long at = offset + i;
            content[i] = (byte)((at * 31) + (at >> 8) + 7);
        }

        return content;
    }

    /// <summary>Waits for a segment of this connection that reads so (PSH and options apart).</summary>
    public Task<Seen> ExpectAsync(string text, double seconds = 10) => ExpectAsync(seen => Text(seen) == text, $"'{text}'", seconds);

    /// <summary>Waits for a segment of this connection.</summary>
    public Task<Seen> ExpectAsync(Func<Seen, bool> fits, string what, double seconds = 10) => Host.ExpectAsync(what, seen => IsOurs(seen) && fits(seen), seconds);

    /// <summary>Makes sure that no segment at all comes.</summary>
    public Task SilentAsync(int millis = 300) => Host.ExpectNothingAsync("silence", IsOurs, millis);

    /// <summary>Makes sure that no segment of a kind comes.</summary>
    public Task SilentAsync(Func<Seen, bool> fits, string what, int millis = 300) => Host.ExpectNothingAsync($"not {what}", seen => IsOurs(seen) && fits(seen), millis);

    /// <summary>Forgets what has come.</summary>
    public Conversation Settled()
    {
        Host.Forget(IsOurs);
        return this;
    }

    public string Text(Seen seen) => seen.Text(Isn, TheirIsn);

    public bool IsOurs(Seen seen) => seen.IsTcp && seen.DestinationPort == Local.Port && seen.SourcePort == Remote.Port && seen.Source.Equals(Remote.Address);

    private byte[]? OptionsOf(SegmentText line)
    {
        List<byte> bytes = [];
        if (line.Options.Mss != 0)
        {
            bytes.AddRange([2, 4, (byte)(line.Options.Mss >> 8), (byte)line.Options.Mss]);
        }

        if (line.Options.SackPermitted)
        {
            bytes.AddRange([1, 1, 4, 2]);
        }

        if (line.Options.HasTimestamps)
        {
            bytes.AddRange([1, 1, 8, 10]);
            Add(bytes, line.Options.TsVal);
            Add(bytes, line.Options.TsEcr);
        }

        if (line.Options.WindowScale >= 0)
        {
            bytes.AddRange([1, 3, 3, (byte)line.Options.WindowScale]);
        }

        if (line.Sack.Count > 0)
        {
            bytes.AddRange([1, 1, 5, (byte)(2 + (8 * line.Sack.Count))]);
            foreach ((long left, long right) in line.Sack)
            {
                Add(bytes, TheirIsn + (uint)left);
                Add(bytes, TheirIsn + (uint)right);
            }
        }

        return bytes.Count == 0 ? null : [.. bytes];
    }

    private static void Add(List<byte> bytes, uint value)
    {
        byte[] four = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(four, value);
        bytes.AddRange(four);
    }
}
