namespace NetControl.Engine.Sessions;

/// <summary>The tallies of one loop.</summary>
/// <remarks>Owner: the loop, which finds and adds; <see cref="All"/> may be read from anywhere.</remarks>
internal sealed class TallyBook
{
    private readonly Dictionary<(string Device, string Delegate, SessionProtocol Protocol, bool IsV4), SessionTally> _index = [];
    private SessionTally[] _tallies = new SessionTally[4];
    private int _count;

    /// <summary>Every tally that there is at this moment.</summary>
    public ArraySegment<SessionTally> All
    {
        get
        {
            int count = Volatile.Read(ref _count); // first: an array that is read after it has room for as many
            return new ArraySegment<SessionTally>(Volatile.Read(ref _tallies), 0, count);
        }
    }

    /// <summary>The tally of a device, delegate, protocol and family.</summary>
    public SessionTally Of(string device, string delegateName, SessionProtocol protocol, bool isV4)
    {
        if (!_index.TryGetValue((device, delegateName, protocol, isV4), out SessionTally? tally))
        {
            tally = new SessionTally(device, delegateName, protocol, isV4);
            _index.Add((device, delegateName, protocol, isV4), tally);
            Append(tally);
        }

        return tally;
    }

    private void Append(SessionTally tally)
    {
        SessionTally[] tallies = _tallies;
        if (_count == tallies.Length)
        {
            Array.Resize(ref tallies, _count * 2);
            Volatile.Write(ref _tallies, tallies);
        }

        tallies[_count] = tally;
        Volatile.Write(ref _count, _count + 1);
    }
}
