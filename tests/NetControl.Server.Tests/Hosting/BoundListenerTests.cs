using System.Net;
using System.Net.Sockets;
using NetControl.Server.Hosting;

namespace NetControl.Server.Tests.Hosting;

public sealed class BoundListenerTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("netcontrol").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Port_InUse_NamesFieldValueAndFix()
    {
        using Socket other = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        string url = $"http://{other.LocalEndPoint}";
        StartException e = Assert.Throws<StartException>(() => Bind(url, "listen.grpc[0]"));
        Assert.Equal((ExitCode.ListenFailed,
            $"listen.grpc[0]: \"{url}\" is in use: another process listens there; stop it, or write another port"),
            (e.ExitCode, e.Message));
    }

    [Fact]
    public void Path_OfALivingProcess_IsNotTaken()
    {
        string path = $"unix:{_directory}/a/b.sock";
        using BoundListener first = Bind(path, "listen.grpc[1]");
        StartException e = Assert.Throws<StartException>(() => Bind(path, "listen.grpc[1]"));
        Assert.Contains("is in use", e.Message, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite,
            File.GetUnixFileMode($"{_directory}/a/b.sock"));
    }

    [Fact]
    public void Path_LeftBehind_IsTakenOver()
    {
        string path = Path.Combine(_directory, "stale.sock");
        using (Socket dead = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(path));
        }

        using BoundListener listener = Bind($"unix:{path}", "listen.grpc[0]");
        Assert.True(File.Exists(path));
        listener.Dispose();
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void Path_OfSomebodysFile_IsLeftAlone()
    {
        string path = Path.Combine(_directory, "notes.txt");
        File.WriteAllText(path, "");
        StartException e = Assert.Throws<StartException>(() => Bind($"unix:{path}", "listen.grpc[0]"));
        Assert.Contains("is a file that is not a socket", e.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(path));
    }

    [Fact]
    public void Listeners_OfWhichOneFails_LeaveNothingBehind()
    {
        Assert.True(ListenAddress.TryParse($"unix:{_directory}/x.sock", "listen.grpc[0]", out ListenAddress? first));
        Assert.True(ListenAddress.TryParse("http://192.0.2.1:1", "listen.grpc[1]", out ListenAddress? second));
        StartException e = Assert.Throws<StartException>(() => BoundListeners.Bind([first, second], [], null));
        Assert.Contains("listen.grpc[1]: \"http://192.0.2.1:1\" is not an address of this machine", e.Message, StringComparison.Ordinal);
        Assert.False(File.Exists($"{_directory}/x.sock"));
    }

    [Theory]
    [InlineData("http://127.0.0.1:50051", true)]
    [InlineData("http://[::1]:50051", true)]
    [InlineData("http://localhost:50051", true)]
    [InlineData("http://127.0.0.1", false)]
    [InlineData("http://[::1]", false)]
    [InlineData("http://example.org:1", false)]
    [InlineData("https://127.0.0.1:1", true)]
    [InlineData("https://127.0.0.1", false)]
    [InlineData("ftp://127.0.0.1:1", false)]
    [InlineData("unix:relative.sock", false)]
    [InlineData("unix:/a/b.sock", true)]
    [InlineData("http://*:9464", true)]
    [InlineData("https://*:0", true)]
    [InlineData("http://*", false)]
    [InlineData("http://*:65536", false)]
    [InlineData("http://*.example.org:1", false)]
    public void Address_IsJudged(string text, bool valid) => Assert.Equal(valid, ListenAddress.TryParse(text, "f", out _));

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Everywhere_IsReachedByEitherFamily(string address)
    {
        using BoundListener listener = Bind("http://*:0", "listen.http");
        int port = ((IPEndPoint)listener.EndPoint).Port;
        Assert.Equal(($"http://*:{port}", false), (listener.Url, listener.Address.IsLocal));
        using Socket client = new(IPAddress.Parse(address).AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(address, port, TestContext.Current.CancellationToken);
        using Socket accepted = await listener.Socket.AcceptAsync(TestContext.Current.CancellationToken);
        Assert.True(client.Connected && accepted.Connected);
    }

    private static BoundListener Bind(string text, string field)
    {
        Assert.True(ListenAddress.TryParse(text, field, out ListenAddress? address));
        return BoundListener.Bind(address);
    }
}
