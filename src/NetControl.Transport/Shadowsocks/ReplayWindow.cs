namespace NetControl.Transport.Shadowsocks;

/// <summary>Which of the latest numbers of a session have come: each counts once, and one that lies too far back not at all.</summary>
/// <remarks>A ring of bits (RFC 6479): moving on clears whole words, never bits.</remarks>
internal sealed class ReplayWindow
{
    /// <summary>How far behind the latest a number may be.</summary>
    internal const int Reach = (Words - 1) * 64;

    private const int Words = 32;

    private readonly ulong[] _words = new ulong[Words];
    private ulong _latest;

    /// <summary>Whether a number would count.</summary>
    public bool IsNew(ulong number) =>
        number > _latest || (_latest - number < Reach && (Word(number) & Bit(number)) == 0);

    /// <summary>Counts a number, if it counts.</summary>
    public bool TryAdd(ulong number)
    {
        if (!IsNew(number))
        {
            return false;
        }

        if (number > _latest)
        {
            ulong steps = Math.Min((number / 64) - (_latest / 64), Words);
            for (ulong step = 0; step < steps; step++)
            {
                _words[((number / 64) - step) % Words] = 0;
            }

            _latest = number;
        }

        Word(number) |= Bit(number);
        return true;
    }

    private static ulong Bit(ulong number) => 1UL << (int)(number % 64);

    private ref ulong Word(ulong number) => ref _words[number / 64 % Words];
}
