using System.Globalization;
using NetControl.Transport.Block;
using NetControl.Transport.Disorder;
using NetControl.Transport.Override;
using NetControl.Transport.Split;
using NetControl.Transport.Tls;
using NetControl.Transport.TlsFrag;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Mapping;

/// <summary>Hops that shape what passes, between messages and the chain's words.</summary>
internal static class HopMappingShapes
{
    public static HopPart ToPart(this V1.BlockHop message) => new HopPart("block").Field("reason", message.Reason switch
    {
        V1.BlockHop.Types.Reason.Unspecified => "",
        V1.BlockHop.Types.Reason.Prohibited => "prohibited",
        V1.BlockHop.Types.Reason.Refused => "refused",
        V1.BlockHop.Types.Reason.Unreachable => "unreachable",
        V1.BlockHop.Types.Reason.Timeout => "timeout",
        _ => "unknown",
    });

    public static V1.BlockHop ToMessage(this BlockHop hop) => new()
    {
        Reason = hop.Reason switch
        {
            BlockReason.Refused => V1.BlockHop.Types.Reason.Refused,
            BlockReason.Unreachable => V1.BlockHop.Types.Reason.Unreachable,
            BlockReason.Timeout => V1.BlockHop.Types.Reason.Timeout,
            _ => V1.BlockHop.Types.Reason.Prohibited,
        },
    };

    public static HopPart ToPart(this V1.DisorderHop message) => new HopPart("disorder").Field("write", HopMapping.Number(message.Write));

    public static V1.DisorderHop ToMessage(this DisorderHop hop) => new() { Write = (uint)hop.Write };

    public static HopPart ToPart(this V1.OverrideHop message) => new HopPart("override")
        .Option("host", "host", HopMapping.OrNull(message.Host))
        .Option("port", "port", message.Port == 0 ? null : HopMapping.Number(message.Port));

    public static V1.OverrideHop ToMessage(this OverrideHop hop) => new() { Host = hop.Host ?? "", Port = hop.Port ?? 0u };

    public static HopPart ToPart(this V1.SplitHop message)
    {
        HopPart part = new("split");
        for (int i = 0; i < message.Pieces.Count; i++)
        {
            V1.SplitHop.Types.Piece piece = message.Pieces[i];
            string length = HopMapping.Number(piece.Length);
            part.Literal(i == 0 ? "" : ",").Field($"pieces[{i}]", piece.HasCount ? $"{HopMapping.Number(piece.Count)}*{length}" : length);
        }

        return message.Pieces.Count == 0 ? part.Fault("pieces", "is empty; write one piece or more, e.g. of length 2") : part;
    }

    public static V1.SplitHop ToMessage(this SplitHop hop) => new() { Pieces = { hop.Pieces.Split(',').Select(ToPiece) } };

    public static HopPart ToPart(this V1.TlsHop message) => new HopPart("tls")
        .Option("sni", "sni", message.HasSni ? message.Sni : null)
        .Option("certname", "certificate_name", HopMapping.OrNull(message.CertificateName))
        .Option("alpn", "alpn", message.Alpn.Count == 0 ? null : string.Join(',', message.Alpn))
        .Option("ca", "ca_file", HopMapping.OrNull(message.CaFile))
        .Option("cert", "certificate_file", HopMapping.OrNull(message.CertificateFile))
        .Option("key", "key_file", HopMapping.OrNull(message.KeyFile));

    public static V1.TlsHop ToMessage(this TlsHop hop)
    {
        V1.TlsHop message = new()
        {
            CertificateName = hop.CertificateName ?? "",
            Alpn = { hop.ApplicationProtocols?.Split(',') ?? [] },
            CaFile = hop.AuthorityFile ?? "",
            CertificateFile = hop.CertificateFile ?? "",
            KeyFile = hop.KeyFile ?? "",
        };
        if (hop.ServerName is { } sni)
        {
            message.Sni = sni;
        }

        return message;
    }

    public static HopPart ToPart(this V1.TlsFragHop message) =>
        new HopPart("tlsfrag").Field("length", message.Length.ToString(CultureInfo.InvariantCulture));

    public static V1.TlsFragHop ToMessage(this TlsFragHop hop) => new() { Length = hop.Length };

    private static V1.SplitHop.Types.Piece ToPiece(string text)
    {
        int star = text.IndexOf('*', StringComparison.Ordinal);
        V1.SplitHop.Types.Piece piece = new() { Length = uint.Parse(text.AsSpan(star + 1), CultureInfo.InvariantCulture) };
        if (star >= 0)
        {
            piece.Count = uint.Parse(text.AsSpan(0, star), CultureInfo.InvariantCulture);
        }

        return piece;
    }
}
