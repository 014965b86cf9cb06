namespace NetControl.Network;

/// <summary>One dial of a <see cref="HappyEyeballsStreamDialer"/>: what was found, what is under way, and what comes next.</summary>
/// <remarks>
/// Whatever happens (a lookup or an attempt ends, a delay is over) changes the state under the lock and pumps: begins what may begin now. One
/// pump runs at a time; what happens during it makes it look again. Lookups and attempts are called outside the lock.
/// </remarks>
internal sealed class HappyEyeballsRace
{
    private readonly IStreamDialer _inner;
    private readonly HappyEyeballsOptions _options;
    private readonly HostPort _destination;
    private readonly CancellationToken _canceled;
    private readonly CancellationTokenSource _stop;
    private readonly ITimer _timer;

    // Continues inline: on an event loop all that happens, happens on its thread.
    private readonly TaskCompletionSource<IStreamConnection> _result = new();
    private readonly Lock _lock = new();
    private readonly Queue<IpAddr> _v6 = new();
    private readonly Queue<IpAddr> _v4 = new();
    private readonly HashSet<IpAddr> _known = [];
    private readonly List<Exception> _lookupErrors = [];
    private readonly List<Exception> _dialErrors = [];
    private int _lookups;
    private int _dials;
    private bool _v4IsNext;
    private Delay _delay;
    private bool _resolutionDelayIsOver;
    private bool _done;
    private bool _pumping;
    private bool _again;

    internal HappyEyeballsRace(IStreamDialer inner, HappyEyeballsOptions options, HostPort destination, CancellationToken cancellationToken)
    {
        _inner = inner;
        _options = options;
        _destination = destination;
        _canceled = cancellationToken;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _timer = options.TimeProvider.CreateTimer(
            static race => ((HappyEyeballsRace)race!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private enum Delay
    {
        None,
        Resolution,
        Attempt,
    }

    /// <summary>Runs the race to its end.</summary>
    internal Task<IStreamConnection> RunAsync(IReadOnlyList<AddressLookup> lookups)
    {
        _lookups = lookups.Count;
        if (!_canceled.IsCancellationRequested)
        {
            foreach (AddressLookup lookup in lookups)
            {
                _ = LookUpAsync(lookup);
            }
        }
        else
        {
            _lookups = 0;
        }

        Pump();
        return _result.Task;
    }

    private async Task LookUpAsync(AddressLookup lookup)
    {
        IReadOnlyList<IpAddr> found = [];
        Exception? error = null;
        try
        {
            found = await lookup(_destination.Host!, _stop.Token);
        }
        catch (Exception e)
        {
            error = e;
        }

        lock (_lock)
        {
            _lookups--;
            if (error is not null)
            {
                _lookupErrors.Add(error);
            }

            foreach (IpAddr address in found)
            {
                if (_known.Add(address))
                {
                    (address.IsV4 ? _v4 : _v6).Enqueue(address);
                }
            }
        }

        Pump();
    }

    private async Task DialAsync(IpAddr address)
    {
        IStreamConnection? connection = null;
        Exception? error = null;
        try
        {
            connection = await _inner.DialAsync(new AddrPort(address, _destination.Port), _stop.Token);
        }
        catch (Exception e)
        {
            error = e;
        }

        bool won;
        lock (_lock)
        {
            _dials--;
            won = connection is not null && !_done;
            _done |= won;
            if (error is not null)
            {
                _dialErrors.Add(error);
                _delay = Delay.None; // RFC 8305 section 5: a failure starts the next attempt at once
            }
        }

        if (won)
        {
            End();
            _result.SetResult(connection!);
        }
        else
        {
            connection?.Abort();
            connection?.Dispose();
            Pump();
        }
    }

    private void OnTimer()
    {
        lock (_lock)
        {
            _resolutionDelayIsOver |= _delay == Delay.Resolution;
            _delay = Delay.None;
        }

        Pump();
    }

    private void Pump()
    {
        lock (_lock)
        {
            _again = true;
            if (_pumping)
            {
                return;
            }

            _pumping = true;
        }

        while (TryTakeNext(out IpAddr? next))
        {
            if (next is { } address)
            {
                _ = DialAsync(address);
            }
        }
    }

    /// <summary>Says what to do now; false once there is nothing to do before something happens.</summary>
    private bool TryTakeNext(out IpAddr? next)
    {
        next = null;
        bool failed;
        lock (_lock)
        {
            failed = !_done && _lookups == 0 && _dials == 0 && (_canceled.IsCancellationRequested || (_v4.Count == 0 && _v6.Count == 0));
            _done |= failed;
            if (!_done && !_canceled.IsCancellationRequested && MayDial())
            {
                next = Take();
                _dials++;
                Wait(Delay.Attempt, _options.AttemptDelay);
                return true;
            }

            if (!failed && _again)
            {
                _again = false;
                return true;
            }

            _pumping = false;
        }

        if (failed)
        {
            End();
            Fail();
        }

        return false;
    }

    /// <summary>Whether an attempt may begin. IPv4 gives IPv6 a little time to be found first.</summary>
    private bool MayDial()
    {
        if (_v6.Count > 0)
        {
            return _delay != Delay.Attempt;
        }

        if (_v4.Count == 0 || _delay != Delay.None)
        {
            // With every lookup done there is no use in waiting for one.
            return _v4.Count > 0 && _delay == Delay.Resolution && _lookups == 0;
        }

        if (_dials == 0 && _dialErrors.Count == 0 && _lookups > 0 && !_resolutionDelayIsOver)
        {
            Wait(Delay.Resolution, _options.ResolutionDelay);
            return false;
        }

        return true;
    }

    private IpAddr Take()
    {
        Queue<IpAddr> queue = (_v4IsNext && _v4.Count > 0) || _v6.Count == 0 ? _v4 : _v6;
        _v4IsNext = queue == _v6;
        return queue.Dequeue();
    }

    private void Wait(Delay delay, TimeSpan time)
    {
        _delay = delay;
        _timer.Change(time, Timeout.InfiniteTimeSpan);
    }

    private void End()
    {
        _timer.Dispose();
        _stop.Cancel();
        _stop.Dispose();
    }

    private void Fail()
    {
        if (_canceled.IsCancellationRequested)
        {
            _result.SetCanceled(_canceled);
        }
        else if (_dialErrors is [DialException only])
        {
            _result.SetException(only);
        }
        else if (_dialErrors.Count > 0)
        {
            // "No network" of one family says less than what the other met.
            DialFailure[] failures = [.. _dialErrors.OfType<DialException>().Select(error => error.Failure)];
            DialFailure failure = failures.LastOrDefault(one => one != DialFailure.NetworkUnreachable, failures.LastOrDefault());
            _result.SetException(Joined(failure, $"{_destination}: no address could be dialled", _dialErrors));
        }
        else if (_lookupErrors.Count > 0)
        {
            _result.SetException(Joined(DialFailure.NameNotResolved, $"{_destination.Host} could not be resolved", _lookupErrors));
        }
        else
        {
            _result.SetException(new DialException(DialFailure.NameNotResolved, $"{_destination.Host} has no address"));
        }
    }

    private static DialException Joined(DialFailure failure, string what, List<Exception> errors) => new(
        failure,
        $"{what}: {string.Join("; ", errors.Select(error => error.Message).Distinct(StringComparer.Ordinal))}",
        errors.Count == 1 ? errors[0] : new AggregateException(errors));
}
