using System.Globalization;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using NetControl.Network;
using NetControl.Testing.Certificates;
using NetControl.Transport.Shadowsocks;
using NetControl.Transport.Tls;

namespace NetControl.Benchmarks.Transport;

/// <summary>Prints what ciphers reach alone on one core, and what our streams reach with them over memory.</summary>
internal static class StreamTable
{
    private const int Rounds = 100;
    private const int Record = 16 << 10;

    // What the engine's relay reads and writes at a time in bulk.
    private const int Piece = 4 * 0x3F00;

    // So little that it stays in the second-level cache, as what the kernel has just received does.
    private const int Batch = 8 * Piece;

    public static async Task PrintAsync()
    {
        Console.WriteLine("| one core, GB/s (of the cipher alone; bytes allocated per GB) | cipher alone | write | read |");
        Console.WriteLine("|---|---|---|---|");
        byte[] key = RandomNumberGenerator.GetBytes(32);
        using AesGcm aes = new(key, 16);
        using ChaCha20Poly1305 chacha = new(key);
        byte[] text = new byte[Record];
        byte[] result = new byte[Record];
        byte[] tag = new byte[16];
        byte[] nonce = new byte[12];
        Cost aesAlone = Alone(() => aes.Encrypt(nonce, text, result, tag));
        Cost chachaAlone = Alone(() => chacha.Encrypt(nonce, text, result, tag));
        Cost memory = MemoryAlone();
        PrintShadowsocks(ShadowsocksCipher.Aes256Gcm, aesAlone, memory);
        PrintShadowsocks(ShadowsocksCipher.ChaCha20IetfPoly1305, chachaAlone, memory);
        await PrintTlsAsync("TLS 1.3, TLS_AES_256_GCM_SHA384", TlsCipherSuite.TLS_AES_256_GCM_SHA384, aesAlone, memory);
        await PrintTlsAsync("TLS 1.3, TLS_CHACHA20_POLY1305_SHA256", TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256, chachaAlone, memory);
    }

    private static Cost Alone(Action seal) => Cost.Of(Rounds, () => () =>
    {
        for (int i = 0; i < Batch / Record; i++)
        {
            seal();
        }

        return Batch;
    });

    /// <summary>What reading out of memory costs: the kernel's part in a real connection.</summary>
    private static Cost MemoryAlone()
    {
        byte[] bytes = new byte[Batch];
        byte[] piece = new byte[64 << 10];
        return Cost.Of(Rounds, () =>
        {
            (MemoryConnection inner, _) = MemoryConnection.Pair();
            inner.IsCut = true;
            inner.Replay(bytes);
            return () => Read(inner, piece);
        });
    }

    private static void PrintShadowsocks(ShadowsocksCipher cipher, Cost alone, Cost memory)
    {
        ShadowsocksKey key = ShadowsocksKey.FromPassword(cipher, "bench");
        byte[] piece = new byte[Piece];
        Cost write = Cost.Of(Rounds, () =>
        {
            IStreamConnection stream = Open(key, record: false).Stream;
            Now(stream.WriteAsync(piece));
            return () => Write(stream, piece);
        });

        // What a client writes has the form of what a server answers: a salt, and chunks.
        (MemoryConnection recorder, IStreamConnection source) = Open(key, record: true);
        Write(source, piece);
        byte[] answer = recorder.Recorded();
        Cost read = Cost.Of(Rounds, () =>
        {
            (MemoryConnection inner, IStreamConnection stream) = Open(key, record: false);
            inner.Replay(answer);
            Now(stream.ReadAsync(piece));
            return () => Read(stream, piece);
        });
        Print($"Shadowsocks {cipher}", alone, write, read.Without(memory));
    }

    private static (MemoryConnection Inner, IStreamConnection Stream) Open(ShadowsocksKey key, bool record)
    {
        (MemoryConnection inner, _) = MemoryConnection.Pair();
        inner.IsCut = true;
        if (record)
        {
            inner.Record();
        }

        ShadowsocksStreamDialer dialer = new(new Endpoint(inner), key, new ShadowsocksStreamOptions { ClientDataWait = TimeSpan.Zero });
        return (inner, Now(dialer.DialAsync(new HostPort("bench.test", 1))));
    }

    private static async Task PrintTlsAsync(string name, TlsCipherSuite suite, Cost alone, Cost memory)
    {
        using TestAuthority authority = new("bench");
        (MemoryConnection ours, MemoryConnection theirs) = MemoryConnection.Pair();
        using SslStream server = new(new ConnectionStream(theirs));
        Task accepting = server.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificate = authority.Issue("bench.test", TestAuthority.ServerUsage, names => names.AddDnsName("bench.test")),
            EnabledSslProtocols = SslProtocols.Tls13,
            CipherSuitesPolicy = new CipherSuitesPolicy([suite]),
        });
        TlsStreamDialer dialer = new(new Dialer(ours), new TlsClientOptions { Roots = [authority.Root] });
        using IStreamConnection client = await dialer.DialAsync(new HostPort("bench.test", 443));
        await accepting;

        // The server's session tickets come with its first bytes; the client has read them before the pipes are cut.
        byte[] piece = new byte[Piece];
        await server.WriteAsync(new byte[1]);
        _ = await client.ReadAsync(piece);
        ours.IsCut = theirs.IsCut = true;
        Cost write = Cost.Of(Rounds, () => () => Write(client, piece));
        Cost read = Cost.Of(Rounds, () =>
        {
            theirs.Record();
            for (int i = 0; i < Batch / Piece; i++)
            {
                server.Write(piece);
            }

            ours.Replay(theirs.Recorded());
            return () => Read(client, piece, Batch);
        });
        Print(name, alone, write, read.Without(memory));
    }

    private static long Write(IStreamConnection stream, byte[] piece)
    {
        long moved = 0;
        for (; moved < Batch; moved += piece.Length)
        {
            Now(stream.WriteAsync(piece));
        }

        return moved;
    }

    private static long Read(IStreamConnection stream, byte[] piece, long most = long.MaxValue)
    {
        long moved = 0;
        while (moved < most)
        {
            int count = Now(stream.ReadAsync(piece));
            if (count == 0)
            {
                break;
            }

            moved += count;
        }

        return moved;
    }

    private static void Print(string name, Cost alone, Cost write, Cost read)
    {
        string Cell(Cost cost) => string.Create(
            CultureInfo.InvariantCulture, $"{cost.Rate:0.00} ({100 * cost.Rate / alone.Rate:0} %; {cost.GarbagePerGigabyte:0})");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {alone.Rate:0.00} | {Cell(write)} | {Cell(read)} |"));
    }

    // Over memory everything is done when the call returns; a task that is not would hide its work on another thread.
    private static T Now<T>(ValueTask<T> task) =>
        task.IsCompleted ? task.GetAwaiter().GetResult() : throw new InvalidOperationException("the call did not complete at once");

    private static void Now(ValueTask task)
    {
        if (!task.IsCompleted)
        {
            throw new InvalidOperationException("the call did not complete at once");
        }

        task.GetAwaiter().GetResult();
    }

    private sealed class Endpoint(MemoryConnection connection) : IStreamEndpoint
    {
        public ValueTask<IStreamConnection> ConnectAsync(CancellationToken cancellationToken = default) => new(connection);
    }

    private sealed class Dialer(MemoryConnection connection) : IStreamDialer
    {
        public ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default) => new(connection);
    }
}
