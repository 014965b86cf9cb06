using Google.Protobuf;
using Google.Protobuf.Reflection;
using NetControl.ControlPlane.Validation;
using NetControl.Fuzz.Machine;
using NetControl.Protocol.V1;
using NetControl.Server.Audit;
using NetControl.Server.Mapping;
using NetControl.Transport.Chains;
using static NetControl.Fuzz.Machine.BrokenPromiseException;
using Hop = NetControl.Transport.Chains.Hop;

namespace NetControl.Fuzz.Targets;

/// <summary>A proxy's hops as anyone may send them: a chain that is the same in all of its forms, or a refusal that names fields.</summary>
/// <remarks>The input is a proxy's message in protobuf's own form.</remarks>
internal sealed class HopsTarget : IFuzzTarget
{
    private static readonly (string Name, string Text)[] s_seeds =
    [
        ("servers", "socks5://us%3Aer:xyzzy%7Css@[::1]:1|ss://aes-256-gcm:xyz%3Azy@h:1?prefix=%16%C3%BF|httpconnect://u:p@h:1?ca=/c%7C.pem&sni=&certname=c.example"),
        ("http", "h2connect://h:8080?plain=true|httpconnect://h:1?auth=Bearer+xyzzy"),
        ("2022", "ss://2022-blake3-aes-128-gcm:eHl6enlwbHVnaHh5enp5cA==%3AeHl6enlwbHVnaHh5enp5cA==@h:1"),
        ("dns", "do53:address=dns.example&cache=9|dot:address=[::1]&name=a.b|doh:name=a&address=b:1&path=/q%26|dnstruncate:|dnsintercept:local=1.1.1.1&remote=::1"),
        ("split", "dnssplit:direct=a,10.0.0.0/8,search&resolver=1.1.1.1&remote=b&over=tls&name=c&resolvconf=/d%26|dnssplit:direct=a&remote=1.1.1.1&over=https&path=/x"),
        ("shapes", "disorder:3|split:2,3*5,0*1|tlsfrag:-1|override:host=2001%3Adb8::1&port=8443|block:refused"),
        ("tls", "tls:sni=&certname=b&alpn=h2,http/1.1&ca=/etc/ca.pem&cert=/c%26.pem&key=/k.pem|ws:tcp_path=/a%26b&udp_path=/%7C"),
    ];

    public IEnumerable<(string Name, byte[] Input)> Seeds()
    {
        foreach ((string name, string text) in s_seeds)
        {
            Unless(HopRegistry.Standard.TryParse(text, out Chain? chain, out ChainError? error), $"{name}: {error}");
            yield return (name, new Proxy { Hops = { chain.ToMessages() } }.ToByteArray());
        }

        yield return ("redacted", new Proxy { Hops = { new Protocol.V1.Hop { Socks5 = new Socks5Hop { Server = "h:1", Username = "REDACTED", Password = "REDACTED" } } } }.ToByteArray());
        yield return ("no-kind", new Proxy { Hops = { new Protocol.V1.Hop(), new Protocol.V1.Hop { H3Connect = new HttpConnectHop { Server = "h:1" } } } }.ToByteArray());
    }

    public void Run(ReadOnlySpan<byte> input)
    {
        Proxy proxy;
        try
        {
            proxy = Proxy.Parser.ParseFrom(input);
        }
        catch (InvalidProtocolBufferException)
        {
            return;
        }

        ViolationList violations = new();
        Chain? chain = HopMapping.Read(proxy.Hops, HopFields.Request, violations);
        if (chain is null)
        {
            Unless(violations.Items.Count > 0, "a refusal has reasons");
            Unless(violations.Items.All(v => v.Field.StartsWith("proxy.hops[", StringComparison.Ordinal)), "a reason names the hop and its field");
            return;
        }

        Unless(violations.Items.Count == 0 && chain.Hops.Count == proxy.Hops.Count, "a chain has every hop of its message, and no fault");
        Protocol.V1.Hop[] messages = [.. chain.ToMessages()];
        Unless(Read(messages).SequenceEqual(chain.Hops), "a chain is the same after it was messages");
        Unless(
            HopRegistry.Standard.TryParse(chain.Text, out Chain? parsed, out _) && parsed.Hops.SequenceEqual(chain.Hops),
            "a chain is the same after it was text");
        Unless(parsed.ToMessages().SequenceEqual(messages), "a text gives the same messages");
        Unless(
            HopRegistry.Standard.TrySanitize(chain.Redacted, out string? again, out _) && again == chain.Redacted,
            "a redacted text can be redacted again");
        foreach (Protocol.V1.Hop shown in chain.ToRedactedMessages())
        {
            Unless(Secrets(shown).All(secret => secret is "" or Hop.RedactedSecret), "a secret is never shown");
        }
    }

    private static IReadOnlyList<Hop> Read(IReadOnlyList<Protocol.V1.Hop> messages)
    {
        ViolationList violations = new();
        Chain? chain = HopMapping.Read(messages, HopFields.Request, violations);
        Unless(chain is not null, $"what a chain is written as is read: {string.Join("; ", violations.Items)}");
        return chain.Hops;
    }

    private static IEnumerable<string> Secrets(Protocol.V1.Hop hop)
    {
        FieldDescriptor kind = Protocol.V1.Hop.Descriptor.Oneofs[0].Accessor.GetCaseFieldDescriptor(hop);
        IMessage message = (IMessage)kind.Accessor.GetValue(hop);
        return kind.MessageType.Fields.InDeclarationOrder().Where(Redaction.IsSecret).Select(field => (string)field.Accessor.GetValue(message));
    }
}
