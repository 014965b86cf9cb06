namespace NetControl.Stack.Icmp;

/// <summary>The message types of both families that the stack reads or writes (RFC 792, RFC 4443).</summary>
internal static class IcmpTypes
{
    public const byte EchoReplyV4 = 0;
    public const byte UnreachableV4 = 3;
    public const byte SourceQuenchV4 = 4;
    public const byte RedirectV4 = 5;
    public const byte EchoRequestV4 = 8;
    public const byte TimeExceededV4 = 11;
    public const byte ParameterProblemV4 = 12;

    public const byte UnreachableV6 = 1;
    public const byte TooBigV6 = 2;
    public const byte TimeExceededV6 = 3;
    public const byte ParameterProblemV6 = 4;
    public const byte FirstInformationalV6 = 128;
    public const byte EchoRequestV6 = 128;
    public const byte EchoReplyV6 = 129;
    public const byte RedirectV6 = 137;

    /// <summary>The code of an IPv4 "unreachable" for a protocol that nobody speaks.</summary>
    public const byte ProtocolUnreachableCode = 2;

    /// <summary>The code that makes an IPv4 "unreachable" a "fragmentation needed" (RFC 1191).</summary>
    public const byte FragmentationNeededCode = 4;

    /// <summary>Whether a message reports a problem, and so must never be answered by another report.</summary>
    public static bool IsError(bool v4, byte type) => v4
        ? type is UnreachableV4 or SourceQuenchV4 or RedirectV4 or TimeExceededV4 or ParameterProblemV4
        : type is < FirstInformationalV6 or RedirectV6;
}
