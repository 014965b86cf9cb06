namespace NetControl.Engine.Sessions;

/// <summary>Where a session's dial notes how far it came: dialers know it, and have no other way to say it.</summary>
/// <remarks>
/// Owner: the flow that dials, and so its loop. A dialer asks for the <see cref="Current"/> one before its first await, while the flow is
/// still below it on the stack; one that is called later, or by somebody else, finds none. Nothing is allocated.
/// </remarks>
public sealed class DialNote
{
    [ThreadStatic]
    private static DialNote? t_current;

    private int _attempt;

    /// <summary>The dial that begins further down on this thread's stack; of no use where there is none.</summary>
    public static Place Current => new(t_current, t_current?._attempt ?? 0);

    /// <summary>How long it took until the first server had taken the connection; zero where that is not known.</summary>
    public TimeSpan Connected { get; private set; }

    /// <summary>What was noted is of another session.</summary>
    internal void Reset()
    {
        _attempt++;
        Connected = default;
    }

    /// <summary>A dial begins.</summary>
    internal void Begin()
    {
        Reset();
        t_current = this;
    }

    /// <summary>The dialer's call has returned: what it calls from now on is not called from here.</summary>
    internal static void Returned() => t_current = null;

    /// <summary>A place to note something about one dial; what comes after another has begun is late, and ignored.</summary>
    public readonly struct Place
    {
        private readonly DialNote? _note;
        private readonly int _attempt;

        internal Place(DialNote? note, int attempt)
        {
            _note = note;
            _attempt = attempt;
        }

        /// <summary>The first server has taken the connection.</summary>
        public void NoteConnected(TimeSpan took)
        {
            if (_note is not null && _note._attempt == _attempt)
            {
                _note.Connected = took;
            }
        }
    }
}
