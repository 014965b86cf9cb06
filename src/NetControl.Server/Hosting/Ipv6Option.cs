using System.CommandLine;
using NetControl.Server.Configuration;

namespace NetControl.Server.Hosting;

/// <summary>--ipv6: whether one file may serve where there is no IPv6.</summary>
internal static class Ipv6Option
{
    private const string Auto = "auto";

    public static Option<string> Create()
    {
        Option<string> option = new("--ipv6")
        {
            Description = "on: a device with IPv6 addresses or routes needs IPv6. auto: leave them out where IPv6 is switched off altogether.",
            DefaultValueFactory = _ => "on",
        };
        option.AcceptOnlyFromAmong("on", Auto);
        return option;
    }

    /// <summary>Whether IPv6 counts here.</summary>
    public static bool Read(string? value) => value != Auto || !Ipv6Presence.IsOff("/");
}
