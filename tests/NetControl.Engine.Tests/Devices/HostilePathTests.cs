using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using NetControl.Engine.Devices;
using NetControl.Network;
using NetControl.Testing;
using NetControl.Testing.Links;
using NetControl.Testing.Origin;

namespace NetControl.Engine.Tests.Devices;

/// <summary>
/// Linux as the client, through a real TUN and a path that reorders, doubles, loses and damages packets: transfers end, every byte is right.
/// </summary>
/// <remarks>The rates are for the reader (<c>--show-live-output on</c>): the threads between TUN and stack set them as much as TCP does.</remarks>
public sealed class HostilePathTests(ITestOutputHelper output)
{
    private const int Bytes = 4 << 20;
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);
    private static readonly string s_hash = Payload.Sha256(Bytes);

    private static readonly (string Name, HostileDeviceOptions Options)[] s_paths =
    [
        ("clean", HostileDeviceOptions.Clean),
        ("10 % reordered", new() { Reordering = 0.10 }),
        ("5 % doubled", new() { Duplication = 0.05 }),
        ("10 % reordered, 5 % doubled", new() { Reordering = 0.10, Duplication = 0.05 }),
        ("10 % reordered, 5 % doubled, 1 % lost", new() { Reordering = 0.10, Duplication = 0.05, Loss = 0.01 }),
        ("10 % reordered, 5 % doubled, 1 % damaged", new() { Reordering = 0.10, Duplication = 0.05, Corruption = 0.01 }),
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task PacketsReorderedDoubledLostAndDamaged_TransfersBothWays_ArriveWithTheRightHash(bool v6)
    {
        using NetNamespace client = NetNamespace.Create();
        using OriginServer origin = new(new IPEndPoint(v6 ? IPAddress.IPv6Loopback : IPAddress.Loopback, 0));
        AddrPort to = LoopbackDialer.Outside(origin.EndPoint);
        output.WriteLine($"{"Mbit/s",-45} {"down",8} {"up",8}   packets to the client, from it: reordered + doubled + lost + damaged of all");
        foreach ((string name, HostileDeviceOptions options) in s_paths)
        {
            await using PacketEngine engine = new(TestEngine.Options, NullLogger.Instance);
            StackDevice stack = engine.OpenStack("devices/path", new LoopbackDialer(engine.StreamDialer), new PacketListenerProxy(engine.PacketListener));
            HostileDevice path = new(stack, options, options);
            using TunBridge bridge = new(client, "tun0", path, ["10.77.0.1/24", "fd77::1/64"], ["198.18.0.0/15", "fd99::/64"]);
            using HostileDevice closesFirst = path;
            using HttpClient http = Http(client);
            double down = await RateAsync(() => DownloadAsync(http, to));
            double up = await RateAsync(() => UploadAsync(http, to));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-45} {down,8:F1} {up,8:F1}   {Text(path.Sent)}; {Text(path.Written)}"));
            AssertHappened(options, path.Sent);
            AssertHappened(options, path.Written);
        }
    }

    private static void AssertHappened(HostileDeviceOptions options, HostileDeviceStatistics statistics)
    {
        Assert.Equal(options.Reordering > 0, statistics.Reordered > 0);
        Assert.Equal(options.Duplication > 0, statistics.Duplicated > 0);
        Assert.Equal(options.Loss > 0, statistics.Lost > 0);
        Assert.Equal(options.Corruption > 0, statistics.Corrupted > 0);
    }

    private static string Text(HostileDeviceStatistics s) => $"{s.Reordered}+{s.Duplicated}+{s.Lost}+{s.Corrupted} of {s.Packets}";

    private static async Task<double> RateAsync(Func<Task<string>> transfer)
    {
        long start = Stopwatch.GetTimestamp();
        Assert.Equal(s_hash, await transfer().WaitAsync(s_limit));
        return Bytes * 8e-6 / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<string> DownloadAsync(HttpClient http, AddrPort to)
    {
        await using Stream body = await http.GetStreamAsync(new Uri($"http://{to}/bytes/{Bytes}"));
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(body));
    }

    private static async Task<string> UploadAsync(HttpClient http, AddrPort to)
    {
        byte[] body = new byte[Bytes];
        Payload.Fill(body, 0);
        using ByteArrayContent content = new(body);
        using HttpResponseMessage response = await http.PutAsync(new Uri($"http://{to}/sink"), content);
        return await response.Content.ReadAsStringAsync();
    }

    private static HttpClient Http(NetNamespace client) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (context, cancellation) =>
        {
            IPAddress address = IPAddress.Parse(context.DnsEndPoint.Host);
            Socket socket = client.Run(() => new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, context.DnsEndPoint.Port), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    })
    { Timeout = s_limit };
}
