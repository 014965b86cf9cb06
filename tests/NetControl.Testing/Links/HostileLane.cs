using System.Diagnostics;

namespace NetControl.Testing.Links;

/// <summary>One direction of a <see cref="HostileDevice"/>: decides each packet's fate and keeps those that are held back.</summary>
/// <remarks>
/// Any thread may call; one lock orders the calls, and packets are forwarded under it, one at a time. The forwarder may wait but must not
/// call the lane.
/// </remarks>
internal sealed class HostileLane
{
    private readonly Lock _lock = new();
    private readonly HostileDeviceOptions _options;
    private readonly Random _random;
    private readonly Action<byte[]> _forward;
    private readonly List<(byte[] Packet, int Overtaking, long Due)> _held = [];
    private HostileDeviceStatistics _statistics;

    public HostileLane(HostileDeviceOptions options, int seed, Action<byte[]> forward)
    {
        _options = options;
        _random = new Random(seed);
        _forward = forward;
    }

    /// <summary>What has been done so far.</summary>
    public HostileDeviceStatistics Statistics
    {
        get
        {
            lock (_lock)
            {
                return _statistics;
            }
        }
    }

    /// <summary>Takes a packet to its fate.</summary>
    public void Pass(ReadOnlySpan<byte> packet)
    {
        lock (_lock)
        {
            _statistics.Packets++;

            // All are drawn for each packet, so that one probability does not change what the others do.
            (double loss, double corruption, double twice, double reordering) =
                (_random.NextDouble(), _random.NextDouble(), _random.NextDouble(), _random.NextDouble());
            (int bit, int overtaking) = (_random.Next(packet.Length * 8), _random.Next(1, _options.MaxOvertaking + 1));
            if (loss < _options.Loss)
            {
                _statistics.Lost++;
                return;
            }

            byte[] copy = packet.ToArray();
            if (corruption < _options.Corruption)
            {
                _statistics.Corrupted++;
                copy[bit >> 3] ^= (byte)(1 << (bit & 7));
            }

            if (reordering < _options.Reordering)
            {
                _statistics.Reordered++;
                _held.Add((copy, overtaking, Stopwatch.GetTimestamp() + (long)(_options.MaxHold.TotalSeconds * Stopwatch.Frequency)));
                return;
            }

            _forward(copy);
            if (twice < _options.Duplication)
            {
                _statistics.Duplicated++;
                _forward(copy);
            }

            Release(overtaken: true, long.MinValue);
        }
    }

    /// <summary>Lets go of what has been held back for long enough.</summary>
    public void ReleaseDue()
    {
        lock (_lock)
        {
            Release(overtaken: false, Stopwatch.GetTimestamp());
        }
    }

    private void Release(bool overtaken, long now)
    {
        for (int i = 0; i < _held.Count; i++)
        {
            (byte[] packet, int overtaking, long due) = _held[i];
            overtaking -= overtaken ? 1 : 0;
            _held[i] = (packet, overtaking, due);
            if (overtaking <= 0 || due <= now)
            {
                _held.RemoveAt(i--);
                _forward(packet);
            }
        }
    }
}
