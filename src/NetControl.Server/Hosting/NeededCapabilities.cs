using System.Net;
using NetControl.ControlPlane.Validation;
using NetControl.Engine.Hardening;
using NetControl.Server.Configuration;
using YamlDotNet.RepresentationModel;

namespace NetControl.Server.Hosting;

/// <summary>What a configuration's listeners need of the kernel's privileges, besides those of every device.</summary>
/// <remarks>
/// Asked of the bare YAML, by a process that may be about to execute itself again: the whole of the reading, which makes the descriptors of
/// all messages, is left to the program that stays (15 ms of processor time in the native build). What is faulty counts as nothing: there it is told.
/// </remarks>
internal static class NeededCapabilities
{
    private const int FirstOrdinaryPort = 1024;

    public static Capabilities Of(string yaml)
    {
        Capabilities needed = Capabilities.NetAdmin;
        if (Child(YamlRoot.Parse(yaml, new ViolationList()), "listen") is not YamlMappingNode listen)
        {
            return needed;
        }

        foreach (YamlNode value in listen.Children.Values)
        {
            IEnumerable<YamlNode> texts = value is YamlSequenceNode list ? list.Children : [value];
            if (texts.OfType<YamlScalarNode>().Any(text => IsLow(text.Value)))
            {
                needed |= Capabilities.BindLowPorts;
            }
        }

        YamlNode? unix = Child(listen, "unix");
        return IsSet(Child(unix, "owner")) || IsSet(Child(unix, "group")) ? needed | Capabilities.ChangeOwner : needed;
    }

    private static YamlNode? Child(YamlNode? node, string name) =>
        node is YamlMappingNode mapping && mapping.Children.TryGetValue(new YamlScalarNode(name), out YamlNode? child) ? child : null;

    private static bool IsSet(YamlNode? node) => node is YamlScalarNode { Value: { Length: > 0 } };

    private static bool IsLow(string? text) => text is not null && ListenAddress.TryParse(text, "", out ListenAddress? address)
        && address.EndPoint is IPEndPoint { Port: > 0 and < FirstOrdinaryPort };
}
