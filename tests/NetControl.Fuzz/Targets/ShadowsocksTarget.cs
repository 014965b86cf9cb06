using System.Security.Cryptography;
using NetControl.Fuzz.Machine;
using NetControl.Network;
using NetControl.Transport.Shadowsocks;
using static NetControl.Fuzz.Machine.BrokenPromiseException;
using XChaCha = NSec.Cryptography.AeadAlgorithm;

namespace NetControl.Fuzz.Targets;

/// <summary>A Shadowsocks server that sends anything, in pieces of any size: a reader gives what was sealed, or a reason, and never anything else.</summary>
/// <remarks>
/// The input is a script: the method; how large the pieces and the reader's buffers are; where the stream is cut or a bit of it is turned, if at
/// all; then bytes that are taken as they are, or chunks that are sealed as a server would, each with the length that is written before it.
/// </remarks>
internal sealed class ShadowsocksTarget : IFuzzTarget
{
    public IEnumerable<(string Name, byte[] Input)> Seeds() =>
    [
        ("chunks", [0, 0, 200, 0, 0, 0, 0, 1, 0, 5, 0, 1, 0, 9]),
        ("small-pieces", [1, 7, 3, 0, 0, 0, 0, 1, 0, 200, 0, 1, 1, 0]),
        ("full-chunk", [2, 0, 90, 0, 0, 0, 0, 1, 63, 255]),
        ("empty-chunk", [3, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 2]),
        ("wrong-length", [0, 0, 9, 0, 0, 0, 0, 2, 0, 200, 0, 7]),
        ("cut", [0, 0, 9, 1, 0, 60, 0, 1, 0, 200]),
        ("turned", [1, 0, 9, 2, 0, 60, 0, 1, 0, 200]),
        ("bytes", [3, 0, 9, 0, 0, 0, 1, .. new byte[100]]),
        ("2022-chunks", [4, 0, 200, 0, 0, 0, 0, 1, 0, 5, 0, 1, 0, 9]),
        ("2022-small-pieces", [5, 7, 3, 0, 0, 0, 0, 1, 0, 200, 0, 1, 1, 0]),
        ("2022-wrong-length", [6, 0, 9, 0, 0, 0, 0, 2, 0, 200, 0, 7]),
        ("2022-turned", [6, 0, 9, 2, 0, 60, 0, 1, 0, 200]),
        ("2022-xchacha-bytes", [6, 0, 9, 0, 0, 0, 1, 0, 2, 0, 0, 1, 8, 8, 8, 8, 0, 53, .. new byte[100]]),
        ("2022-bytes", [4, 0, 9, 0, 0, 0, 1, 0, 2, 0, 0, 1, 8, 8, 8, 8, 0, 53, .. new byte[100]]),
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        InputReader script = new(input);
        ShadowsocksCipher cipher = ShadowsocksCipher.All[script.Byte() % ShadowsocksCipher.All.Count];
        ShadowsocksKey key = ShadowsocksKey.FromPassword(cipher, cipher.Is2022 ? Convert.ToBase64String(new byte[cipher.KeyLength]) : "secret");
        int most = script.Byte() is var pieces and not 0 ? pieces : int.MaxValue;
        int room = (script.Byte() * 100) + 1;
        int damage = script.Byte() % 3;
        int place = script.Short();
        bool raw = (script.Byte() & 1) != 0;
        List<byte> stream = [];
        List<byte> data = [];
        bool honest = !raw;
        Stream inner = new(most);
        HostPort destination = HostPort.Parse("h:1");
        using ShadowsocksStreamConnection connection = new(inner, cipher.Is2022
            ? new Opening2022(key, destination, TimeProvider.System, new SaltHistory(TimeProvider.System))
            : new ClassicOpening(key, RandomSalt.Instance, destination));
        Unless(connection.SendRequestAsync(CancellationToken.None).AsTask().IsCompletedSuccessfully, "a request is sent at once");
        if (raw)
        {
            stream.AddRange(script.Bytes(1 << 20));
        }
        else
        {
            honest = SealChunks(key, inner.Heard.AsSpan(0, cipher.SaltLength), ref script, stream, data);
        }

        Damage(damage, place, stream);
        byte[] bytes = inner.Said = [.. stream];
        List<byte> given = ReadAll(connection, new byte[room], out ShadowsocksFault? fault);
        Unless(given.Count <= data.Count && data.Take(given.Count).SequenceEqual(given), "what is given was sealed");
        Unless(fault is null || inner.IsAborted, "a stream that cannot be believed is over");
        Unless(!honest || damage != 0 || (fault is null && given.Count == data.Count), "an honest stream is given whole");
        if (!cipher.Is2022)
        {
            TryDatagrams(key, bytes);
        }
        else if (cipher.Algorithm == AeadAlgorithm.AesGcm)
        {
            TryAesDatagrams(key, bytes);
        }
        else
        {
            TryXChaChaDatagrams(key, bytes);
        }
    }

    /// <summary>Seals chunks; returns whether their lengths are what they say.</summary>
    private static bool SealChunks(
        ShadowsocksKey key, ReadOnlySpan<byte> requestSalt, ref InputReader script, List<byte> stream, List<byte> data)
    {
        // The first length of the 2022 edition stands in a header; a response without any is cut short.
        byte[] header = key.Cipher.Is2022 ? [1, .. Now(), .. requestSalt] : [];
        int mask = key.Cipher.Is2022 ? 0xFFFF : 0x3FFF;
        bool honest = !key.Cipher.Is2022 || !script.IsEmpty;
        byte[] salt = new byte[key.Cipher.SaltLength];
        salt.AsSpan().Fill(7);
        stream.AddRange(salt);
        using ChunkCipher sealer = new(key.NewSession(salt));
        while (!script.IsEmpty && stream.Count < 200_000)
        {
            bool lies = script.Byte() == 2;
            int length = script.Short() & 0x3FFF;
            byte[] text = new byte[length];
            text.AsSpan().Fill((byte)data.Count);
            ushort written = lies ? script.Short() : (ushort)length;
            byte[] size = [.. header, (byte)(written >> 8), (byte)written];
            header = [];
            honest &= (written & mask) == length;
            byte[] block = new byte[size.Length + Aead.TagLength];
            sealer.Seal(size, block);
            stream.AddRange(block);
            block = new byte[length + Aead.TagLength];
            sealer.Seal(text, block);
            stream.AddRange(block);
            if (honest)
            {
                data.AddRange(text);
            }
        }

        return honest;
    }

    private static void Damage(int damage, int place, List<byte> stream)
    {
        if (damage == 1 && place < stream.Count)
        {
            stream.RemoveRange(place, stream.Count - place);
        }
        else if (damage == 2 && stream.Count > 0)
        {
            stream[place % stream.Count] ^= 0x10;
        }
    }

    private static List<byte> ReadAll(ShadowsocksStreamConnection connection, byte[] buffer, out ShadowsocksFault? fault)
    {
        List<byte> given = [];
        fault = null;
        try
        {
            while (true)
            {
                ValueTask<int> read = connection.ReadAsync(buffer);
                Unless(read.IsCompleted, "a server that says all it has to say is heard at once");
                int count = read.AsTask().GetAwaiter().GetResult();
                if (count == 0)
                {
                    return given;
                }

                given.AddRange(buffer.AsSpan(0, count));
            }
        }
        catch (ShadowsocksStreamException e)
        {
            fault = e.Fault;
            return given;
        }
    }

    private static void TryDatagrams(ShadowsocksKey key, byte[] bytes)
    {
        ClassicPacketCodec codec = new(key);
        byte[] scratch = new byte[bytes.Length + 100];
        Unless(!codec.TryOpen(bytes, scratch, out _, out _), "bytes that are no datagram are none");

        // Sealed by the right key, so that the address is what is looked at.
        byte[] datagram = new byte[bytes.Length + ShadowsocksDatagram.Overhead(key.Cipher)];
        ShadowsocksDatagram.Seal(key, RandomSalt.Instance, bytes, datagram);
        if (codec.TryOpen(datagram, scratch, out _, out ReadOnlySpan<byte> payload))
        {
            Unless(bytes.AsSpan().EndsWith(payload) && payload.Length < bytes.Length, "a datagram's payload is what follows the address");
        }
    }

    private static void TryAesDatagrams(ShadowsocksKey key, byte[] bytes)
    {
        using AesPacketCodec codec = new(key, TimeProvider.System);
        byte[] scratch = new byte[bytes.Length + 100];
        Unless(!codec.TryOpen(bytes, scratch, out _, out _), "bytes that are no datagram are none");

        // Sealed by the right key and to the right session, so that padding and address are what is looked at.
        using Aes aes = Aes.Create();
        aes.Key = key.Bytes.ToArray();
        byte[] sent = new byte[100];
        codec.Seal(sent, [], new AddrPort(IpAddr.FromV4(1), 1));
        byte[] session = aes.DecryptEcb(sent.AsSpan(0, 16), PaddingMode.None)[..8];
        byte[] id = [1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 1];
        byte[] message = [1, .. Now(), .. session, .. bytes];
        byte[] body = new byte[message.Length + Aead.TagLength];
        using Aead sealer = key.NewSession(id.AsSpan(0, 8));
        sealer.Seal(id.AsSpan(4), message, body);
        byte[] datagram = [.. aes.EncryptEcb(id, PaddingMode.None), .. body];
        if (codec.TryOpen(datagram, new byte[datagram.Length], out _, out ReadOnlySpan<byte> payload))
        {
            Unless(bytes.AsSpan().EndsWith(payload) && payload.Length < bytes.Length, "a datagram's payload is what follows the address");
            Unless(!codec.TryOpen(datagram, new byte[datagram.Length], out _, out _), "a datagram is believed once");
        }
    }

    private static void TryXChaChaDatagrams(ShadowsocksKey key, byte[] bytes)
    {
        const int NonceLength = 24;
        const int IdLength = 16;
        using NSec.Cryptography.Key imported = XChaChaPacketCodec.Import(key);
        using XChaChaPacketCodec codec = new(imported, TimeProvider.System);
        Unless(!codec.TryOpen(bytes, new byte[bytes.Length + 100], out _, out _), "bytes that are no datagram are none");

        // As for AES: padding and address are what is looked at.
        byte[] sent = new byte[200];
        int length = codec.Seal(sent, [], new AddrPort(IpAddr.FromV4(1), 1));
        byte[] opened = XChaCha.XChaCha20Poly1305.Decrypt(imported, sent.AsSpan(0, NonceLength), [], sent.AsSpan(NonceLength, length - NonceLength))!;
        byte[] id = [1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 1];
        byte[] message = [.. id, 1, .. Now(), .. opened.AsSpan(0, IdLength / 2), .. bytes];
        byte[] nonce = new byte[NonceLength];
        byte[] datagram = [.. nonce, .. XChaCha.XChaCha20Poly1305.Encrypt(imported, nonce, [], message)];
        if (codec.TryOpen(datagram, new byte[datagram.Length], out _, out ReadOnlySpan<byte> payload))
        {
            Unless(bytes.AsSpan().EndsWith(payload) && payload.Length < bytes.Length, "a datagram's payload is what follows the address");
            Unless(!codec.TryOpen(datagram, new byte[datagram.Length], out _, out _), "a datagram is believed once");
        }
    }

    private static byte[] Now()
    {
        byte[] now = new byte[MessageTime.Length];
        MessageTime.Write(now, TimeProvider.System);
        return now;
    }

    private sealed class Stream(int most) : IStreamConnection
    {
        private int _at;

        public byte[] Said { get; set; } = [];

        public byte[] Heard { get; private set; } = [];

        public bool IsAborted { get; private set; }

        public AddrPort LocalAddress => default;

        public AddrPort RemoteAddress => default;

        public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = Math.Min(Math.Min(buffer.Length, most), Said.Length - _at);
            Said.AsSpan(_at, count).CopyTo(buffer.Span);
            _at += count;
            return new ValueTask<int>(count);
        }

        public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Heard = buffer.ToArray();
            return ValueTask.CompletedTask;
        }

        public ValueTask CloseWriteAsync(CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

        public void CloseRead()
        {
        }

        public void Abort() => IsAborted = true;

        public void Dispose()
        {
        }
    }
}
