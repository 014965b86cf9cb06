using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Dns;

/// <summary>The option <c>cache=N</c> of hops that resolve names: how many answers are kept.</summary>
internal static class DnsCacheOption
{
    public const string Key = "cache";
    private const int Most = 100_000;

    /// <summary>Reads the option; 0 if it is not there.</summary>
    public static bool TryGet(HopText text, HopOptions options, out int size, [NotNullWhen(false)] out ChainError? error)
    {
        size = 0;
        error = null;
        if (options[Key] is not { } option)
        {
            return true;
        }

        bool good = int.TryParse(option.Value, NumberStyles.None, CultureInfo.InvariantCulture, out size) && size <= Most;
        error = good ? null : text.Error(option.Offset, $"'{option.Value}' is no number of answers from 0 to {Most}; write e.g. {Key}=1000");
        return good;
    }

    /// <summary>Puts a cache in front of a transport, if there is to be one.</summary>
    public static IDnsTransport Wrap(IDnsTransport transport, int size, HopContext context) => size == 0
        ? transport
        : new DnsCacheTransport(
            transport, new DnsCache(new DnsCacheOptions { Capacity = size, TimeProvider = context.TimeProvider, Meter = context.DnsMeter }));
}
