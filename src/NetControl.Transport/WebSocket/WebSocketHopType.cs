using System.Diagnostics.CodeAnalysis;
using NetControl.Transport.Chains;

namespace NetControl.Transport.WebSocket;

/// <summary>The text of a WebSocket hop: <c>ws:tcp_path=/a&amp;udp_path=/b</c>.</summary>
public sealed class WebSocketHopType : HopType
{
    internal const string Scheme = "ws";
    private static readonly string[] s_keys = ["tcp_path", "udp_path"];

    /// <inheritdoc/>
    public override string Name => Scheme;

    /// <inheritdoc/>
    public override string Grammar => "ws:[tcp_path=path][&udp_path=path]";

    /// <inheritdoc/>
    public override bool TryParse(HopText text, [NotNullWhen(true)] out Hop? hop, [NotNullWhen(false)] out ChainError? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        hop = null;
        if (!HopOptions.TryParse(text, text.RestOffset, text.Text.Length, s_keys, out HopOptions? options, out error))
        {
            return false;
        }

        HopOption? streams = options["tcp_path"];
        HopOption? packets = options["udp_path"];
        error = Check(text, streams, "tcp_path") ?? Check(text, packets, "udp_path");
        if (error is null && streams is null && packets is null)
        {
            error = text.Error(0, "ws needs tcp_path for streams, udp_path for packets, or both, e.g. ws:tcp_path=/tcp&udp_path=/udp");
        }

        if (error is not null)
        {
            return false;
        }

        hop = new WebSocketHop(streams?.Value, packets?.Value);
        return true;
    }

    /// <inheritdoc/>
    public override string FillIn(string redacted) =>
        base.FillIn(redacted).Replace($"_path={Hop.RedactedSecret}", "_path=/path", StringComparison.Ordinal);

    private static ChainError? Check(HopText text, HopOption? path, string key)
    {
        if (path is not { } option)
        {
            return null;
        }

        string? problem = option.Value == Hop.RedactedSecret
            ? "REDACTED stands where the path was; write it, or leave config out of update_mask"
            : option.Value.Length is 0 or > 1024 ? $"{key} has to be 1 to 1024 characters long, e.g. {key}=/tunnel"
            : null;
        return problem is null ? null : text.Error(option.Offset, problem);
    }
}
