using NetControl.Engine.Sessions;

namespace NetControl.ControlPlane.Events;

/// <summary>The last events, in a ring that grows in pieces as it is first filled.</summary>
/// <remarks>
/// Owner: the hub, under its lock. Entries are numbered from 0 and never renumbered; <c>Oldest &lt;= index &lt; Next</c> are present, and
/// <c>Next - Oldest &lt;= Capacity</c>. An entry that stands for a loss takes as many sequence numbers as events were lost.
/// </remarks>
internal sealed class EventLog
{
    private const int PieceSize = 256;
    private readonly Entry[]?[] _pieces;

    public EventLog(int capacity)
    {
        _pieces = new Entry[(capacity + PieceSize - 1) / PieceSize][];
    }

    public int Capacity => _pieces.Length * PieceSize;

    public long Oldest => Math.Max(0, Next - Capacity);

    public long Next { get; private set; }

    public ref Entry this[long index]
    {
        get
        {
            int slot = (int)(index % Capacity);
            return ref (_pieces[slot / PieceSize] ??= new Entry[PieceSize])[slot % PieceSize];
        }
    }

    public void Append(in Entry entry)
    {
        this[Next] = entry;
        Next++;
    }

    /// <summary>The first entry that begins after the sequence number, or -1 if events right after it are no longer here.</summary>
    public long After(long sequence)
    {
        if (Next == Oldest)
        {
            return sequence == 0 ? Next : -1;
        }

        if (this[Oldest].First > sequence + 1)
        {
            return -1;
        }

        long low = Oldest;
        long high = Next;
        while (low < high)
        {
            long middle = low + ((high - low) / 2);
            if (this[middle].Last <= sequence)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>One entry: an event of a session or of a delegate, or a loss of <paramref name="Lost"/> events.</summary>
    /// <param name="First">Its first sequence number.</param>
    /// <param name="Lost">0 for an event.</param>
    /// <param name="Event">The session's event.</param>
    /// <param name="Switch">The delegate's; null for a session's.</param>
    internal readonly record struct Entry(long First, long Lost, SessionEvent Event, DelegateSwitch? Switch = null)
    {
        public long Last => Lost == 0 ? First : First + Lost - 1;
    }
}
