using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using NetControl.Network;
using NetControl.Transport.Chains;

namespace NetControl.Transport.Override;

/// <summary>The text of an override hop: <c>override:host=h&amp;port=p</c>, either or both.</summary>
public sealed class OverrideHopType : HopType
{
    internal const string Scheme = "override";
    private static readonly string[] s_keys = ["host", "port"];

    /// <inheritdoc/>
    public override string Name => Scheme;

    /// <inheritdoc/>
    public override string Grammar => "override:[host=name][&port=number]";

    /// <inheritdoc/>
    public override bool TryParse(HopText text, [NotNullWhen(true)] out Hop? hop, [NotNullWhen(false)] out ChainError? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        hop = null;
        if (!HopOptions.TryParse(text, text.RestOffset, text.Text.Length, s_keys, out HopOptions? options, out error))
        {
            return false;
        }

        ushort port = 0;
        if (options["host"] is { } host && !(IpAddr.TryParse(host.Value, out _) || HostPort.TryParse($"{host.Value}:1", out _)))
        {
            error = text.Error(host.Offset, "host has to be a host name or an IP address");
        }
        else if (options["port"] is { } number
            && (!ushort.TryParse(number.Value, NumberStyles.None, CultureInfo.InvariantCulture, out port) || port == 0))
        {
            error = text.Error(number.Offset, "port has to be a number from 1 to 65535");
        }
        else if (options["host"] is null && options["port"] is null)
        {
            error = text.Error(0, $"nothing to override; write {Grammar}");
        }

        if (error is not null)
        {
            return false;
        }

        hop = new OverrideHop(options["host"]?.Value, port == 0 ? null : port);
        return true;
    }
}
