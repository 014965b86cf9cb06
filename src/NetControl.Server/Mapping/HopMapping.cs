using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using NetControl.ControlPlane.Validation;
using NetControl.Server.Audit;
using NetControl.Transport.Block;
using NetControl.Transport.Chains;
using NetControl.Transport.Disorder;
using NetControl.Transport.Dns;
using NetControl.Transport.HttpConnect;
using NetControl.Transport.Override;
using NetControl.Transport.Shadowsocks;
using NetControl.Transport.Socks5;
using NetControl.Transport.Split;
using NetControl.Transport.Tls;
using NetControl.Transport.TlsFrag;
using NetControl.Transport.WebSocket;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Mapping;

/// <summary>A chain between its hops as messages and the chain's words.</summary>
/// <remarks>A message becomes the text of its hop, and that is read: both forms have one set of rules.</remarks>
internal static class HopMapping
{
    /// <summary>Reads hops.</summary>
    /// <param name="messages">The hops.</param>
    /// <param name="fields">How their fields are called.</param>
    /// <param name="violations">Gets everything that is wrong with them; it holds no secret.</param>
    /// <returns>The chain, or null where something is wrong.</returns>
    public static Chain? Read(IReadOnlyList<V1.Hop> messages, HopFields fields, ViolationList violations)
    {
        List<Hop> hops = [];
        for (int i = 0; i < messages.Count; i++)
        {
            if (TryRead(messages[i], i, fields, violations, out Hop? hop))
            {
                hops.Add(hop);
            }
        }

        return hops.Count == messages.Count ? new Chain(hops) : null;
    }

    /// <summary>The same, for a chain that is about to be used: what this machine lacks for it is wrong, too.</summary>
    public static Chain? ReadForUse(IReadOnlyList<V1.Hop> messages, HopFields fields, ViolationList violations)
    {
        Chain? chain = Read(messages, fields, violations);
        for (int i = 0; i < chain?.Hops.Count; i++)
        {
            if (chain.Hops[i].FindFault() is { } fault)
            {
                fields.Add(messages[i], i, field: null, fault, violations);
            }
        }

        return chain;
    }

    /// <summary>The hops as messages, secrets included.</summary>
    public static IEnumerable<V1.Hop> ToMessages(this Chain chain) => chain.Hops.Select(ToMessage);

    /// <summary>The hops as messages, with every secret replaced.</summary>
    public static IEnumerable<V1.Hop> ToRedactedMessages(this Chain chain) => chain.Hops.Select(hop =>
    {
        V1.Hop message = hop.ToMessage();
        Redaction.Clean(message);
        return message;
    });

    /// <summary>A text that is left out when it is empty.</summary>
    internal static string? OrNull(string text) => text.Length == 0 ? null : text;

    internal static string Number(uint number) => number.ToString(CultureInfo.InvariantCulture);

    private static bool TryRead(V1.Hop message, int index, HopFields fields, ViolationList violations, [NotNullWhen(true)] out Hop? hop)
    {
        hop = null;
        if (message.ToPart() is not { } part)
        {
            fields.AddEmpty(index, violations);
            return false;
        }

        if (fields.AddRedacted(message, index, violations))
        {
            return false;
        }

        foreach ((string field, string problem) in part.Faults)
        {
            fields.Add(message, index, field, problem, violations);
        }

        if (part.Faults.Count > 0)
        {
            return false;
        }

        if (!HopRegistry.Standard.TryParse(part.Text, out Chain? chain, out ChainError? error))
        {
            fields.Add(message, index, FieldOf(part, error), error.Message, violations);
            return false;
        }

        hop = chain.Hops[0];
        return true;
    }

    // A user name and a password stand together in the text, so what is wrong with either is found where both begin.
    private static string? FieldOf(HopPart part, ChainError error)
    {
        string? field = part.FieldAt(error.Column - 1);
        return field == "username" && error.Message.StartsWith("the password", StringComparison.Ordinal) ? "password" : field;
    }

    private static HopPart? ToPart(this V1.Hop message) => message.KindCase switch
    {
        V1.Hop.KindOneofCase.Block => message.Block.ToPart(),
        V1.Hop.KindOneofCase.Disorder => message.Disorder.ToPart(),
        V1.Hop.KindOneofCase.Dnsintercept => message.Dnsintercept.ToPart(),
        V1.Hop.KindOneofCase.Dnssplit => message.Dnssplit.ToPart(),
        V1.Hop.KindOneofCase.Dnstruncate => new HopPart("dnstruncate"),
        V1.Hop.KindOneofCase.Do53 => message.Do53.ToPart(),
        V1.Hop.KindOneofCase.Doh => message.Doh.ToPart(),
        V1.Hop.KindOneofCase.Dot => message.Dot.ToPart(),
        V1.Hop.KindOneofCase.Httpconnect => message.Httpconnect.ToPart("httpconnect"),
        V1.Hop.KindOneofCase.H2Connect => message.H2Connect.ToPart("h2connect"),
        V1.Hop.KindOneofCase.H3Connect => message.H3Connect.ToPart("h3connect"),
        V1.Hop.KindOneofCase.Override => message.Override.ToPart(),
        V1.Hop.KindOneofCase.Shadowsocks => message.Shadowsocks.ToPart(),
        V1.Hop.KindOneofCase.Socks5 => message.Socks5.ToPart(),
        V1.Hop.KindOneofCase.Split => message.Split.ToPart(),
        V1.Hop.KindOneofCase.Tls => message.Tls.ToPart(),
        V1.Hop.KindOneofCase.Tlsfrag => message.Tlsfrag.ToPart(),
        V1.Hop.KindOneofCase.Websocket => message.Websocket.ToPart(),
        _ => null,
    };

    private static V1.Hop ToMessage(this Hop hop) => hop switch
    {
        BlockHop block => new V1.Hop { Block = block.ToMessage() },
        DisorderHop disorder => new V1.Hop { Disorder = disorder.ToMessage() },
        DnsInterceptHop intercept => new V1.Hop { Dnsintercept = intercept.ToMessage() },
        DnsSplitHop split => new V1.Hop { Dnssplit = split.ToMessage() },
        DnsTruncateHop => new V1.Hop { Dnstruncate = new V1.DnsTruncateHop() },
        Do53Hop do53 => new V1.Hop { Do53 = do53.ToMessage() },
        DohHop doh => new V1.Hop { Doh = doh.ToMessage() },
        DotHop dot => new V1.Hop { Dot = dot.ToMessage() },
        HttpConnectHop { Http2Only: true } http => new V1.Hop { H2Connect = http.ToMessage() },
        HttpConnectHop http => new V1.Hop { Httpconnect = http.ToMessage() },
        OverrideHop target => new V1.Hop { Override = target.ToMessage() },
        ShadowsocksHop shadowsocks => new V1.Hop { Shadowsocks = shadowsocks.ToMessage() },
        Socks5Hop socks5 => new V1.Hop { Socks5 = socks5.ToMessage() },
        SplitHop split => new V1.Hop { Split = split.ToMessage() },
        TlsHop tls => new V1.Hop { Tls = tls.ToMessage() },
        TlsFragHop fragment => new V1.Hop { Tlsfrag = fragment.ToMessage() },
        WebSocketHop socket => new V1.Hop { Websocket = socket.ToMessage() },
        _ => throw new ArgumentOutOfRangeException(nameof(hop), hop.Type, "this hop has no message; give it one in hop.proto"),
    };
}
