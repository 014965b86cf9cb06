using System.Net;
using System.Text;
using NetControl.Network;
using NetControl.Sample;
using NetControl.Testing;
using NetControl.Testing.Origin;
using NetControl.Testing.Proxies;

// netcontrol-sample [CHAIN [ADDRESS:PORT]]: asks a web server for its front page, by IP packets that leave through the chain.
// Without arguments it starts a SOCKS5 server and a web server of its own; 198.18.0.80 then leads to the latter.
if (args.Length > 2)
{
    await Console.Error.WriteLineAsync("usage: netcontrol-sample [CHAIN [ADDRESS:PORT]], e.g. socks5://192.0.2.1:1080 198.51.100.7:80");
    return 2;
}

using OriginServer origin = new(new IPEndPoint(IPAddress.Loopback, 0));
using Socks5Server proxy = new(new Socks5ServerOptions
{
    Route = asked => asked.Port == 80 ? new HostPort(AddrPort.From(origin.EndPoint)) : asked,
});
string chain = args.Length > 0 ? args[0] : $"socks5://{proxy.EndPoint}";
string target = args.Length > 1 ? args[1] : "198.18.0.80:80";
if (!AddrPort.TryParse(target, out AddrPort destination))
{
    await Console.Error.WriteLineAsync($"'{target}' is not address:port; write e.g. 198.51.100.7:80");
    return 2;
}

try
{
    await StackOverProxy.RunAsync(chain, device => AskAsync(device, destination));
    return 0;
}
catch (Exception e) when (e is FormatException or IOException)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}

static async Task AskAsync(IIPDevice device, AddrPort destination)
{
    using PeerHost host = new(device);
    TcpPeer connection = await host.ConnectAsync(destination);
    await connection.SendAsync(Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: {destination}\r\nConnection: close\r\n\r\n"));
    byte[] answer = await connection.ReceiveToEndAsync();
    Console.WriteLine($"{host.PacketsRead} packets came back from {destination}:");
    Console.WriteLine(Encoding.UTF8.GetString(answer));
}
