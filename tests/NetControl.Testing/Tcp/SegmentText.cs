using System.Globalization;
using System.Text;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;

namespace NetControl.Testing.Tcp;

/// <summary>
/// A segment as a line of text with sequence numbers relative to the two SYNs: <c>PA 1:101 ack 1 win 500 sack 201:301</c>. Data has
/// <c>seq:end</c>, a bare segment only <c>seq</c>. Options: <c>mss N</c>, <c>wscale N</c>, <c>sackok</c>, <c>ts VAL ECR</c>, <c>sack L:R</c>.
/// </summary>
public sealed class SegmentText
{
    /// <summary>The control bits.</summary>
    public TcpFlags Flags { get; private set; }

    /// <summary>The relative sequence number.</summary>
    public long Seq { get; private set; }

    /// <summary>The payload's length.</summary>
    public int Length { get; private set; }

    /// <summary>The relative acknowledgement.</summary>
    public long Ack { get; private set; }

    /// <summary>The window in bytes, or -1 for the script's default.</summary>
    public int Window { get; private set; } = -1;

    /// <summary>The options but for SACK blocks.</summary>
    public TcpOptions Options { get; private set; }

    /// <summary>The SACK blocks, relative to our SYN.</summary>
    public List<(long Left, long Right)> Sack { get; } = [];

    /// <summary>Reads a line.</summary>
    public static SegmentText Parse(string text)
    {
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        SegmentText result = new();
        foreach (char c in words[0])
        {
            result.Flags |= c switch
            {
                'S' => TcpFlags.Syn,
                'F' => TcpFlags.Fin,
                'R' => TcpFlags.Rst,
                'P' => TcpFlags.Psh,
                'A' => TcpFlags.Ack,
                'U' => TcpFlags.Urg,
                '-' => TcpFlags.None,
                _ => throw new FormatException($"flag '{c}' in '{text}'"),
            };
        }

        (result.Seq, long end) = Range(words[1]);
        result.Length = (int)(end - result.Seq);
        TcpOptions options = default;
        for (int i = 2; i < words.Length; i++)
        {
            switch (words[i])
            {
                case "ack":
                    result.Ack = Number(words[++i]);
                    break;
                case "win":
                    result.Window = (int)Number(words[++i]);
                    break;
                case "mss":
                    options.Mss = (ushort)Number(words[++i]);
                    break;
                case "wscale":
                    options.WindowScale = (int)Number(words[++i]);
                    break;
                case "sackok":
                    options.SackPermitted = true;
                    break;
                case "ts":
                    options.HasTimestamps = true;
                    options.TsVal = (uint)Number(words[++i]);
                    options.TsEcr = (uint)Number(words[++i]);
                    break;
                case "sack":
                    result.Sack.Add(Range(words[++i]));
                    break;
                default:
                    throw new FormatException($"word '{words[i]}' in '{text}'");
            }
        }

        result.Options = options;
        return result;
    }

    /// <summary>Writes a segment that a connection sends. The window is left out: it has tests of its own.</summary>
    public static string Format(in TcpOutput segment, SequenceNumber ourIsn, SequenceNumber peerIsn)
    {
        StringBuilder text = new();
        AppendFlags(text, segment.Flags);
        long seq = (uint)(segment.Seq - ourIsn);
        text.Append(' ').Append(seq);
        if (segment.PayloadLength > 0)
        {
            text.Append(':').Append(seq + segment.PayloadLength);
        }

        if ((segment.Flags & TcpFlags.Ack) != 0)
        {
            text.Append(" ack ").Append((uint)(segment.Ack - peerIsn));
        }

        if (segment.PayloadLength > segment.SegmentSize)
        {
            text.Append(" gso ").Append(segment.SegmentSize);
        }

        AppendOptions(text, segment.Options, peerIsn);
        return text.ToString();
    }

    private static void AppendFlags(StringBuilder text, TcpFlags flags)
    {
        if (flags == TcpFlags.None)
        {
            text.Append('-');
        }

        foreach ((TcpFlags flag, char letter) in
            (ReadOnlySpan<(TcpFlags, char)>)[(TcpFlags.Syn, 'S'), (TcpFlags.Fin, 'F'), (TcpFlags.Rst, 'R'), (TcpFlags.Psh, 'P'), (TcpFlags.Ack, 'A')])
        {
            if ((flags & flag) != 0)
            {
                text.Append(letter);
            }
        }
    }

    private static void AppendOptions(StringBuilder text, in TcpOptions options, SequenceNumber peerIsn)
    {
        if (options.Mss != 0)
        {
            text.Append(" mss ").Append(options.Mss);
        }

        if (options.WindowScale >= 0)
        {
            text.Append(" wscale ").Append(options.WindowScale);
        }

        if (options.SackPermitted)
        {
            text.Append(" sackok");
        }

        if (options.HasTimestamps)
        {
            text.Append(" ts ").Append(options.TsVal).Append(' ').Append(options.TsEcr);
        }

        for (int i = 0; i < options.SackCount; i++)
        {
            (SequenceNumber left, SequenceNumber right) = options.GetSack(i);
            text.Append(" sack ").Append((uint)(left - peerIsn)).Append(':').Append((uint)(right - peerIsn));
        }
    }

    private static (long Start, long End) Range(string word)
    {
        int colon = word.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? (Number(word), Number(word)) : (Number(word[..colon]), Number(word[(colon + 1)..]));
    }

    private static long Number(string word) => long.Parse(word, CultureInfo.InvariantCulture);
}
