using System.Text;
using NetControl.Network;
using NetControl.Transport.Split;
using NetControl.Transport.Tests.Socks5;

namespace NetControl.Transport.Tests.Split;

/// <summary>Where writes are cut. Rows: the pieces, the writes of the application, the writes that come out.</summary>
public sealed class SplitStreamDialerTests
{
    private static readonly HostPort Destination = HostPort.Parse("server.example:443");

    [Theory]
    [InlineData("3", "Request", "Req|uest")]
    [InlineData("0", "Request", "Request")]
    [InlineData("0*1,10*0,0*2", "Request", "Request")]
    [InlineData("0*1,3*2", "Request", "Re|qu|es|t")]
    [InlineData("1,3*2,2*3", "RequestRequestRequest", "R|eq|ue|st|Req|ues|tRequest")]
    [InlineData("4", "Req", "Req")]
    [InlineData("7", "Request", "Request")]
    [InlineData("5", "Re|quest", "Re|que|st")]
    [InlineData("10", "Request1|Request2", "Request1|Re|quest2")]
    [InlineData("1,3*5", "RequestRequestRequest.", "R|eques|tRequ|estRe|quest.")]
    [InlineData("1,3*0", "RequestRequest", "R|equestRequest")]
    [InlineData("2", "Request|Request", "Re|quest|Request")]
    [InlineData("2,2", "Re|quest", "Re|qu|est")]
    public async Task Write_Pieces_AreCut(string pieces, string writes, string expected)
    {
        var memory = new MemoryStreamConnection([]);
        IStreamConnection connection = await Wrap(new GivenDialer(memory), pieces).DialAsync(Destination);
        foreach (string write in writes.Split('|'))
        {
            await connection.WriteAsync(Encoding.ASCII.GetBytes(write));
        }

        Assert.Equal(expected, string.Join('|', memory.Writes.Select(Encoding.ASCII.GetString)));
    }

    [Fact]
    public async Task Write_Nested_CutsEach()
    {
        var memory = new MemoryStreamConnection([]);
        IStreamConnection connection = await Wrap(Wrap(new GivenDialer(memory), "1"), "4").DialAsync(Destination);
        await connection.WriteAsync("Request"u8.ToArray());
        Assert.Equal(["R", "equ", "est"], memory.Writes.Select(Encoding.ASCII.GetString));
    }

    [Fact]
    public async Task Dial_EachConnection_IsCutFromItsOwnBeginning()
    {
        MemoryStreamConnection first = new([]), second = new([]);
        IStreamDialer dialer = Wrap(new GivenDialer(first, second), "3");
        foreach (MemoryStreamConnection memory in new[] { first, second })
        {
            IStreamConnection connection = await dialer.DialAsync(Destination);
            await connection.WriteAsync("Request"u8.ToArray());
            Assert.Equal(["Req", "uest"], memory.Writes.Select(Encoding.ASCII.GetString));
        }
    }

    [Fact]
    public async Task Dial_NothingToCut_GivesTheConnectionItself()
    {
        var memory = new MemoryStreamConnection([]);
        Assert.Same(memory, await Wrap(new GivenDialer(memory), "0").DialAsync(Destination));
    }

    [Fact]
    public async Task Beneath_AfterTheLastCut_IsTheConnection()
    {
        var memory = new MemoryStreamConnection([1, 2]);
        IPassingConnection connection = Assert.IsAssignableFrom<IPassingConnection>(await Wrap(new GivenDialer(memory), "3").DialAsync(Destination));
        await connection.WriteAsync("Re"u8.ToArray());
        Assert.Null(connection.Beneath);
        await connection.WriteAsync("quest"u8.ToArray());
        Assert.Same(memory, connection.Beneath);
        Assert.Equal([1, 2], await connection.ReadToEndAsync());
        connection.Abort();
        connection.Dispose();
        Assert.True(memory.Aborted && memory.Disposed);
    }

    [Fact]
    public void Constructor_WithoutDialerOrPieces_Throws()
    {
        Assert.Throws<ArgumentNullException>(() => new SplitStreamDialer(null!));
        Assert.Throws<ArgumentNullException>(() => new SplitStreamDialer(new GivenDialer(), null!));
    }

    private static SplitStreamDialer Wrap(IStreamDialer inner, string pieces) =>
        new(inner, pieces.Split(',').Select(static piece => SplitHop.TryParsePiece(piece)!.Value));
}
