using NetControl.Network;
using NetControl.Transport.Direct;
using NetControl.Transport.Dns;

namespace NetControl.Transport.Chains;

/// <summary>What a hop may use besides the way it is put around.</summary>
public sealed class HopContext
{
    /// <summary>Makes a context.</summary>
    /// <param name="direct">The way straight from this machine, for a hop that reaches a server of its own, such as a resolver.</param>
    /// <param name="timeProvider">Time; the system's if null.</param>
    /// <param name="currentLoop">
    /// The event loop that the caller runs on, or null on the thread pool; left out where there are no loops. A connection that several
    /// sessions share is kept per loop, so that it is only ever used by its own.
    /// </param>
    /// <param name="lookup">Finds host names that cannot be dialled, such as those of servers for packets; the system's resolver if null.</param>
    /// <param name="dnsMeter">Counts what hops that resolve names do; null to count nothing.</param>
    public HopContext(
        Way direct,
        TimeProvider? timeProvider = null,
        Func<object?>? currentLoop = null,
        AddressLookup? lookup = null,
        DnsMeter? dnsMeter = null)
    {
        ArgumentNullException.ThrowIfNull(direct);
        Direct = direct;
        TimeProvider = timeProvider ?? TimeProvider.System;
        CurrentLoop = currentLoop ?? (static () => null);
        Lookup = lookup ?? SystemLookup.FindAsync;
        DnsMeter = dnsMeter;
    }

    /// <summary>Straight from this machine.</summary>
    public Way Direct { get; }

    /// <summary>Time.</summary>
    public TimeProvider TimeProvider { get; }

    /// <summary>The event loop that the caller runs on, or null.</summary>
    public Func<object?> CurrentLoop { get; }

    /// <summary>Finds host names.</summary>
    public AddressLookup Lookup { get; }

    /// <summary>Counts what hops that resolve names do, or null.</summary>
    public DnsMeter? DnsMeter { get; }

    /// <summary>The same context with another meter.</summary>
    public HopContext With(DnsMeter dnsMeter) => new(Direct, TimeProvider, CurrentLoop, Lookup, dnsMeter);
}
