using System.Text;
using Google.Protobuf;
using NetControl.Transport.HttpConnect;
using NetControl.Transport.Shadowsocks;
using NetControl.Transport.Socks5;
using NetControl.Transport.WebSocket;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Mapping;

/// <summary>Hops that speak to a proxy server, between messages and the chain's words.</summary>
internal static class HopMappingServers
{
    public static HopPart ToPart(this V1.Socks5Hop message) =>
        new HopPart("socks5").Server(message.Server, "username", UserInfo(message.Username, message.Password));

    public static V1.Socks5Hop ToMessage(this Socks5Hop hop) =>
        new() { Server = $"{hop.Server}", Username = hop.Username ?? "", Password = hop.Password ?? "" };

    public static HopPart ToPart(this V1.ShadowsocksHop message)
    {
        HopPart part = new("ss");
        if (message.Method.Length == 0)
        {
            part.Fault("method", $"is missing; supported: {string.Join(", ", ShadowsocksCipher.All)}");
        }
        else if (message.Password.Length == 0)
        {
            part.Fault("password", "is missing; write the password, or the keys of a method of 2022 in base64");
        }

        // The method and password stand together: once the method is known, what is wrong is the password.
        return part
            .Server(message.Server, ShadowsocksCipher.TryFind(message.Method, out _) ? "password" : "method",
                $"{Uri.EscapeDataString(message.Method)}:{Uri.EscapeDataString(message.Password)}")
            .Encoded("prefix", "prefix", message.Prefix.IsEmpty ? null : Uri.EscapeDataString(Latin1(message.Prefix)));
    }

    public static V1.ShadowsocksHop ToMessage(this ShadowsocksHop hop) => new()
    {
        Server = $"{hop.Server}",
        Method = hop.Cipher.Name,
        Password = hop.Password,
        Prefix = ByteString.CopyFrom(Encoding.Latin1.GetBytes(hop.Prefix)),
    };

    public static HopPart ToPart(this V1.HttpConnectHop message, string scheme) => new HopPart(scheme)
        .Server(message.Server, "username", UserInfo(message.Username, message.Password))
        .Option("sni", "sni", message.HasSni ? message.Sni : null)
        .Option("certname", "certificate_name", HopMapping.OrNull(message.CertificateName))
        .Option("ca", "ca_file", HopMapping.OrNull(message.CaFile))
        .Option("auth", "authorization", HopMapping.OrNull(message.Authorization))
        .Option("plain", "plain", message.Plain ? "true" : null);

    public static V1.HttpConnectHop ToMessage(this HttpConnectHop hop)
    {
        V1.HttpConnectHop message = new()
        {
            Server = $"{hop.Server}",
            Username = hop.Username ?? "",
            Password = hop.Password ?? "",
            Authorization = hop.Authorization ?? "",
            Plain = hop.Plain,
            CertificateName = hop.CertificateName ?? "",
            CaFile = hop.AuthorityFile ?? "",
        };
        if (hop.ServerName is { } sni)
        {
            message.Sni = sni;
        }

        return message;
    }

    public static HopPart ToPart(this V1.WebSocketHop message) => new HopPart("ws")
        .Option("tcp_path", "tcp_path", HopMapping.OrNull(message.TcpPath))
        .Option("udp_path", "udp_path", HopMapping.OrNull(message.UdpPath));

    public static V1.WebSocketHop ToMessage(this WebSocketHop hop) =>
        new() { TcpPath = hop.StreamPath ?? "", UdpPath = hop.PacketPath ?? "" };

    private static string? UserInfo(string username, string password) => username.Length == 0 && password.Length == 0
        ? null
        : $"{Uri.EscapeDataString(username)}:{Uri.EscapeDataString(password)}";

    // A prefix's text has a character for each byte.
    private static string Latin1(ByteString bytes) => Encoding.Latin1.GetString(bytes.Span);
}
