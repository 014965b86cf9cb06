using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace NetControl.Server.Configuration;

/// <summary>Looks whether a YAML document is small enough to be read, by its events alone.</summary>
/// <remarks>
/// The reader builds, compares and walks its tree by recursion, and aliases make a tree of few lines endless, as deep as the process' stack or
/// as wide as forty doublings. Walking the events is none of that, so sizes and depths are counted here, each alias as what it stands for.
/// </remarks>
internal static class YamlShape
{
    private const int DeepestNest = 64;
    private const int MostNodes = 1_000_000;

    /// <summary>Says what is wrong, and where; <see langword="null"/> if nothing is.</summary>
    /// <exception cref="YamlException">It is not YAML.</exception>
    public static string? FindFault(string yaml)
    {
        using StringReader reader = new(yaml);
        Parser parser = new(reader);
        Stack<Branch> open = new();
        Dictionary<AnchorName, Branch> anchors = [];
        try
        {
            while (parser.MoveNext())
            {
                ParsingEvent current = parser.Current!;
                string? fault = Add(current, open, anchors);
                if (fault is not null)
                {
                    return string.Create(CultureInfo.InvariantCulture, $"line {current.Start.Line}, column {current.Start.Column}: {fault}");
                }
            }

            return null;
        }
        catch (Exception e) when (e is not (YamlException or OutOfMemoryException))
        {
            // Some faults of a document the reader meets as faults of its own: as InvalidOperationException, for one.
            return string.Create(CultureInfo.InvariantCulture, $"cannot be read beyond line {parser.Current?.End.Line ?? 1}");
        }
    }

    private static string? Add(ParsingEvent current, Stack<Branch> open, Dictionary<AnchorName, Branch> anchors)
    {
        Branch done;
        switch (current)
        {
            case { NestingIncrease: > 0 }:
                open.Push(new Branch { Anchor = current is NodeEvent node ? node.Anchor : AnchorName.Empty, Nodes = 1, Depth = 1 });
                return open.Count > DeepestNest ? TooDeep : null;
            case { NestingIncrease: < 0 }:
                done = open.Pop();
                break;
            case AnchorAlias alias when open.Any(branch => branch.Anchor == alias.Value):
                return $"*{alias.Value} holds itself";
            case AnchorAlias alias:
                // The reader would look ahead for an anchor that is still to come; by YAML 1.2 section 7.1 it must come first.
                if (!anchors.TryGetValue(alias.Value, out done))
                {
                    return $"*{alias.Value} stands for nothing that comes before it";
                }

                done = done with { Anchor = AnchorName.Empty };
                break;
            case Scalar scalar:
                done = new Branch { Anchor = scalar.Anchor, Nodes = 1 };
                break;
            default:
                return null;
        }

        if (!done.Anchor.IsEmpty)
        {
            anchors[done.Anchor] = done;
        }

        return open.TryPop(out Branch parent) ? Attach(done, parent, open) : null;
    }

    private static string? Attach(Branch child, Branch parent, Stack<Branch> open)
    {
        parent = parent with { Nodes = parent.Nodes + child.Nodes, Depth = Math.Max(parent.Depth, child.Depth + 1) };
        open.Push(parent);
        return open.Count + child.Depth > DeepestNest ? TooDeep
            : parent.Nodes > MostNodes ? $"aliases make it larger than {MostNodes} entries"
            : null;
    }

    private static string TooDeep => $"is nested deeper than {DeepestNest} levels";

    /// <summary>A part of the tree, aliases counted as what they stand for.</summary>
    private readonly record struct Branch
    {
        public AnchorName Anchor { get; init; }

        public long Nodes { get; init; }

        public int Depth { get; init; }
    }
}
