using NetControl.Network;

namespace NetControl.Transport.Socks5;

/// <summary>The bytes of the conversation with a SOCKS5 proxy (RFC 1928, RFC 1929), as pure functions.</summary>
/// <remarks>
/// Everything we say can go out in one write: exactly one authentication method, its credentials, and the request, which saves two round
/// trips. Offering one method is what makes this safe: the proxy cannot choose another, so what follows is never misread.
/// <code>
///  ours    05 01 00 | 05 cmd 00 address                  05 01 02 | 01 n user n password | 05 cmd 00 address
///  theirs  05 00    | 05 rep 00 address                  05 02    | 01 00                | 05 rep 00 address
/// </code>
/// </remarks>
internal static class Socks5Handshake
{
    /// <summary>Room for everything we say, and for everything the proxy may answer.</summary>
    public const int BufferLength = 3 + (3 + 255 + 255) + 3 + Socks5Address.MaxLength;

    /// <summary>The length of the method selection.</summary>
    public const int GreetingLength = 3;

    private const byte Version = 5;
    private const byte PasswordVersion = 1;
    private const byte NoAuthentication = 0;
    private const byte UsernamePassword = 2;
    private const byte NoAcceptableMethod = 0xFF;

    // The shortest address an answer can carry: a name of no letters.
    private const int ShortestAnswer = 3 + 1 + 1 + 2;

    /// <summary>Writes method selection, credentials if any, and the request.</summary>
    /// <returns>The number of bytes written.</returns>
    /// <exception cref="Socks5Exception">The destination's name cannot be carried.</exception>
    public static int WriteRequest(Span<byte> to, Socks5Credentials? credentials, Socks5Command command, in HostPort destination)
    {
        to[0] = Version;
        to[1] = 1;
        to[2] = credentials is null ? NoAuthentication : UsernamePassword;
        int at = GreetingLength;
        if (credentials is not null)
        {
            to[at++] = PasswordVersion;
            at += WriteCounted(to[at..], credentials.Username);
            at += WriteCounted(to[at..], credentials.Password);
        }

        to[at++] = Version;
        to[at++] = (byte)command;
        to[at++] = 0;
        return at + Socks5Address.Write(to[at..], destination);
    }

    /// <summary>The length of the message with user name and password, which follows the method selection; 0 without.</summary>
    public static int CredentialsLength(Socks5Credentials? credentials) =>
        credentials is null ? 0 : 3 + credentials.Username.Length + credentials.Password.Length;

    /// <summary>Judges what the proxy has said so far.</summary>
    /// <param name="received">All bytes received, from the first.</param>
    /// <param name="passwordOffered">Whether the request carried credentials.</param>
    /// <returns>
    /// How long the answer is at least. More than what was received: read on, but not further, because what follows may be payload. Equal:
    /// the answer is complete and says yes.
    /// </returns>
    /// <exception cref="Socks5Exception">
    /// The proxy said no, or is no SOCKS5 proxy. Known as early as possible, for proxies that close at once.
    /// </exception>
    public static int Examine(ReadOnlySpan<byte> received, bool passwordOffered)
    {
        int start = AnswerStart(received, passwordOffered);
        if (received.Length <= start)
        {
            return start + ShortestAnswer;
        }

        ReadOnlySpan<byte> answer = received[start..];
        Expect(answer[0] == Version, answer[0], "version");
        if (answer.Length > 1 && answer[1] != (byte)Socks5ReplyCode.Succeeded)
        {
            throw new Socks5Exception((Socks5ReplyCode)answer[1]);
        }

        if (answer.Length < 5)
        {
            return start + ShortestAnswer;
        }

        int address = Socks5Address.Measure(answer[3], answer[4]);
        Expect(address != 0, answer[3], "address type");
        return start + 3 + address;
    }

    /// <summary>Reads the address a complete answer carries, or null if it carries none that can be used.</summary>
    public static HostPort? ReadBoundAddress(ReadOnlySpan<byte> received, bool passwordOffered) =>
        Socks5Address.TryRead(received[(AnswerStart(received, passwordOffered) + 3)..], out HostPort? bound) ? bound : null;

    /// <summary>Checks the preamble as far as it has come and returns where the answer to the request starts, at least.</summary>
    public static int AnswerStart(ReadOnlySpan<byte> received, bool passwordOffered)
    {
        int withPassword = passwordOffered ? 4 : 2;
        if (received.IsEmpty)
        {
            // A proxy that asks for no password although one was offered answers two bytes earlier; do not read past its end.
            return 2;
        }

        Expect(received[0] == Version, received[0], "version");
        if (received.Length == 1)
        {
            return 2;
        }

        byte method = received[1];
        if (method == NoAuthentication)
        {
            // Without having been offered that is the proxy's mistake, but one that wants no password has read past ours.
            return 2;
        }

        if (method == NoAcceptableMethod)
        {
            throw new Socks5Exception(
                DialFailure.ProxyProtocol,
                passwordOffered ? "the SOCKS5 proxy refuses user name and password" : "the SOCKS5 proxy wants authentication");
        }

        Expect(passwordOffered && method == UsernamePassword, method, "authentication method");
        if (received.Length > 2)
        {
            Expect(received[2] == PasswordVersion, received[2], "authentication version");
        }

        if (received.Length > 3 && received[3] != 0)
        {
            throw new Socks5Exception(DialFailure.ProxyProtocol, "the SOCKS5 proxy refused the user name or password");
        }

        return withPassword;
    }

    private static int WriteCounted(Span<byte> to, ReadOnlySpan<byte> text)
    {
        to[0] = (byte)text.Length;
        text.CopyTo(to[1..]);
        return 1 + text.Length;
    }

    private static void Expect(bool condition, byte seen, string what)
    {
        if (!condition)
        {
            throw new Socks5Exception(DialFailure.ProxyProtocol, $"the SOCKS5 proxy answered with {what} {seen}");
        }
    }
}
