using NetControl.ControlPlane.Health;
using NetControl.Network;
using NetControl.Transport.Dns;
using NetControl.Transport.Socks5;

namespace NetControl.ControlPlane.Dialers;

/// <summary>What a proxy's dials tell: how long they took, and to those who judge it whether it works.</summary>
/// <remarks>
/// Only what the proxy itself did wrong counts against it: that it cannot be reached, breaks off, or answers outside its protocol. What it
/// says about a destination (refused, unreachable, not allowed) shows that it works. A dial that was given up says something only while
/// the proxy's first server had not answered for a while. Lifetime: a proxy's, whatever its settings. Thread rule: any thread.
/// </remarks>
internal sealed class ProxyMeter
{
    private const string CountedKey = "netcontrol.counted";
    private static readonly object s_counted = new();
    private static readonly TimeSpan s_unanswered = TimeSpan.FromSeconds(3);
    private readonly string _proxy;
    private readonly TimeProvider _time;
    private volatile DelegateJudge[] _judges = [];

    public ProxyMeter(string proxy, TimeProvider time)
    {
        _proxy = proxy;
        _time = time;
    }

    public DialHistogram Histogram { get; } = new();

    /// <summary>What the chain's own resolvers and caches do.</summary>
    public DnsMeter Dns { get; } = new();

    public long Now => _time.GetTimestamp();

    public TimeSpan Since(long start) => _time.GetElapsedTime(start);

    public void Add(DelegateJudge judge)
    {
        if (Array.IndexOf(_judges, judge) < 0)
        {
            _judges = [.. _judges, judge];
        }
    }

    public void Remove(DelegateJudge judge)
    {
        DelegateJudge[] judges = _judges;
        int at = Array.IndexOf(judges, judge);
        if (at >= 0)
        {
            _judges = [.. judges.AsSpan(0, at), .. judges.AsSpan(at + 1)];
        }
    }

    /// <summary>A dial, or a part of it, is done; <paramref name="judging"/> where that says that the proxy works.</summary>
    public void Succeeded(DialStage stage, long start, bool judging)
    {
        Histogram.Add(stage, null, _time.GetElapsedTime(start));
        if (judging)
        {
            Tell(DialOutcome.Success);
        }
    }

    /// <summary>A dial, or a part of it, has failed; <paramref name="judging"/> where that may say that the proxy does not work.</summary>
    public void Failed(DialStage stage, long start, Exception error, bool judging)
    {
        TimeSpan took = _time.GetElapsedTime(start);
        Histogram.Add(stage, Kind(error), took);
        if (!judging)
        {
            return;
        }

        if (IsCounted(error))
        {
            return; // the connection failed, and so the whole dial: one attempt
        }

        if (IsAgainst(stage, error, took))
        {
            if (stage == DialStage.Connect)
            {
                error.Data[CountedKey] = s_counted;
            }

            Tell(new DialOutcome(stage == DialStage.Connect ? "connect" : "handshake", Text(error), null));
        }
        else if (stage == DialStage.Dial && IsAnswer(error))
        {
            Tell(DialOutcome.Success);
        }
    }

    private static bool IsAgainst(DialStage stage, Exception error, TimeSpan took) => stage == DialStage.Connect
        ? error is DialException { Failure: not (DialFailure.Canceled or DialFailure.LocalLimit) }
            || (error is OperationCanceledException && took >= s_unanswered)
        : error is DialException { Failure: DialFailure.ProxyUnreachable or DialFailure.ProxyProtocol }
            and not Socks5Exception { ReplyCode: not null };

    // It said something about the destination, and so it works.
    private static bool IsAnswer(Exception error) => error is Socks5Exception { ReplyCode: not null }
        or DialException { Failure: DialFailure.Refused or DialFailure.HostUnreachable or DialFailure.NetworkUnreachable or DialFailure.NotAllowed };

    private static DialFailure Kind(Exception error) => error switch
    {
        DialException dial => dial.Failure,
        OperationCanceledException => DialFailure.Canceled,
        _ => DialFailure.Other,
    };

    private static string Text(Exception error) => error is OperationCanceledException ? "no answer until the session was given up" : error.Message;

    private static bool IsCounted(Exception error)
    {
        for (Exception? e = error; e is not null; e = e.InnerException)
        {
            if (ReferenceEquals(e.Data[CountedKey], s_counted))
            {
                return true;
            }
        }

        return false;
    }

    private void Tell(in DialOutcome outcome)
    {
        foreach (DelegateJudge judge in _judges)
        {
            judge.Record(_proxy, outcome);
        }
    }
}
