using NetControl.Fuzz.Machine;
using NetControl.Network;
using NetControl.Transport.Socks5;
using static NetControl.Fuzz.Machine.BrokenPromiseException;

namespace NetControl.Fuzz.Targets;

/// <summary>A SOCKS5 proxy that answers anything, in pieces of any size: a dial ends with a stream that lost no byte, or with a reason.</summary>
/// <remarks>The first byte says how large the pieces are and whether a password is offered; the rest is what the proxy says.</remarks>
internal sealed class Socks5Target : IFuzzTarget
{
    public IEnumerable<(string Name, byte[] Input)> Seeds() =>
    [
        ("success-v4", [0, 5, 0, 5, 0, 0, 1, 10, 0, 0, 1, 4, 56, 72, 105]),
        ("success-v6", [2, 5, 0, 5, 0, 0, 4, .. new byte[16], 4, 56]),
        ("success-name", [1, 5, 0, 5, 0, 0, 3, 4, 104, 111, 115, 116, 0, 80, 1]),
        ("password", [0x80, 5, 2, 1, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
        ("password-refused", [0x80, 5, 2, 1, 1]),
        ("refused", [0, 5, 0, 5, 5, 0, 1, 0, 0, 0, 0, 0, 0]),
        ("no-method", [0, 5, 255]),
        ("wrong-version", [0, 4, 90]),
        ("cut", [1, 5, 0, 5]),
        ("http", [0, .. "HTTP/1.1 400 Bad Request\r\n\r\n"u8]),
        ("datagram", [0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 53, 1, 2, 3]),
        ("datagram-fragment", [0, 0, 0, 1, 1, 10, 0, 0, 1, 0, 53, 1]),
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
        {
            return;
        }

        byte[] said = input[1..].ToArray();
        if (Socks5Datagram.TryParse(said, out AddrPort source, out ReadOnlySpan<byte> payload))
        {
            Unless(payload.Length <= said.Length - Socks5Datagram.HeaderLength(source), "a datagram's payload lies in it");
        }

        Socks5Credentials? credentials = (input[0] & 0x80) != 0 ? new Socks5Credentials("user", "secret") : null;
        SayingEndpoint proxy = new(said, (input[0] & 0x7F) == 0 ? int.MaxValue : input[0] & 0x7F, tries: 2);
        Socks5StreamDialer dialer = new(proxy, credentials);
        Task<IStreamConnection> dial = dialer.DialAsync(new HostPort("example.org", 443)).AsTask();
        Unless(dial.IsCompleted, "a proxy that says all it has to say is judged at once");
        try
        {
            using IStreamConnection connection = dial.GetAwaiter().GetResult();
            Unless(said is [5, 0 or 2, ..], "only a proxy that speaks SOCKS5 is believed");
            byte[] rest = SayingEndpoint.Drain(connection);
            Unless(said.AsSpan().EndsWith(rest), "what follows the answer is the stream's");
        }
        catch (DialException e)
        {
            Unless(e.Message.Length > 0 && proxy.Opened == proxy.Ended, "a failed dial has a reason, and leaves no connection behind");
        }
    }
}
