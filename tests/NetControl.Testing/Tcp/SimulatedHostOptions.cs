using NetControl.Stack.Tcp;

namespace NetControl.Testing.Tcp;

/// <summary>What the application of one end of a simulation does.</summary>
public sealed record SimulatedHostOptions
{
    /// <summary>The machine's parameters.</summary>
    public TcpParameters Tcp { get; init; } = new();

    /// <summary>The pool's budget.</summary>
    public long PoolBudget { get; init; } = 64 << 20;

    /// <summary>How many bytes it sends before it closes its half.</summary>
    public long BytesToSend { get; init; }

    /// <summary>How many bytes it takes from a segment without a copy.</summary>
    public int DirectLimit { get; init; } = int.MaxValue;

    /// <summary>The most it reads from the receive buffer at one moment.</summary>
    public int ReadPiece { get; init; } = int.MaxValue;

    /// <summary>The most it writes at one moment.</summary>
    public int WritePiece { get; init; } = int.MaxValue;

    /// <summary>The probability that it pauses reading, or writing, after a piece.</summary>
    public double PauseProbability { get; init; }

    /// <summary>The longest pause in microseconds.</summary>
    public int PauseMicros { get; init; } = 20_000;

    /// <summary>It resets the connection after having received so many bytes; negative: never.</summary>
    public long AbortAfter { get; init; } = -1;
}
