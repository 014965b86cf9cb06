using NetControl.Fuzz.Machine;
using NetControl.Stack.Wire;
using static NetControl.Fuzz.Machine.BrokenPromiseException;

namespace NetControl.Fuzz.Targets;

/// <summary>TCP's options: whatever is read can be written, and is read again as the same.</summary>
internal sealed class TcpOptionsTarget : IFuzzTarget
{
    public IEnumerable<(string Name, byte[] Input)> Seeds() =>
    [
        ("syn", [2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7]),
        ("sack", [1, 1, 8, 10, 0, 0, 0, 2, 0, 0, 0, 1, 1, 1, 5, 18, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 5, 0, 0, 0, 9]),
        ("unknown", [254, 4, 1, 2, 253, 2, 0, 1, 2, 4, 2, 24]),
        ("length-0", [8, 0, 1, 1]),
        ("length-1", [2, 1, 1, 1]),
        ("cut", [1, 1, 1, 5]),
        ("long", [5, 34, .. new byte[32]]),
        ("scale-15", [3, 3, 15, 0]),
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        ReadOnlySpan<byte> options = input[..Math.Min(input.Length, TcpOptions.MaxLength)];
        TcpOptions.Parse(options, out TcpOptions read);
        Unless(read.SackCount is >= 0 and <= TcpOptions.MaxSackBlocks, "at most four SACK blocks");
        Unless(read.WindowScale is >= -1 and <= 14, "a window scale is at most 14 (RFC 7323 section 2.3)");
        if (read.Length > TcpOptions.MaxLength)
        {
            return; // what arrived without padding may need more room with it
        }

        Span<byte> room = stackalloc byte[TcpOptions.MaxLength];
        int length = read.Write(room);
        Unless(length == read.Length && length % 4 == 0, "the length is what was announced, in words");
        TcpOptions.Parse(room[..length], out TcpOptions again);
        bool same = again.Mss == read.Mss && again.WindowScale == read.WindowScale && again.SackPermitted == read.SackPermitted
            && again.HasTimestamps == read.HasTimestamps && again.TsVal == read.TsVal && again.TsEcr == read.TsEcr
            && again.SackCount <= read.SackCount; // the last blocks give way to other options
        for (int i = 0; same && i < again.SackCount; i++)
        {
            same = read.GetSack(i) == again.GetSack(i);
        }

        Unless(same, "what is written is read as the same");
    }
}
