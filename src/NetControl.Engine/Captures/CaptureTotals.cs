namespace NetControl.Engine.Captures;

/// <summary>What a capture has seen so far, all queues together. Every value only grows.</summary>
/// <param name="Seen">Packets that passed the device, both ways.</param>
/// <param name="Matched">Those that the filter chose.</param>
/// <param name="Captured">Those that were given to the reader.</param>
/// <param name="CapturedBytes">Their bytes in the stream, packet blocks only.</param>
/// <param name="Lost">Those that found the buffer full, because the reader was too slow.</param>
public readonly record struct CaptureTotals(long Seen, long Matched, long Captured, long CapturedBytes, long Lost);
