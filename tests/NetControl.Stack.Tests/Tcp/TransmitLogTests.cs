using CsCheck;
using NetControl.Stack.Tcp;
using NetControl.Testing.Tcp;

namespace NetControl.Stack.Tests.Tcp;

/// <summary>The log of transmissions against a model that keeps every byte by itself; and at its limit.</summary>
public sealed class TransmitLogTests
{
    private static readonly Gen<(int Kind, int A, int B)[]> Steps =
        Gen.Select(Gen.Int[0, 7], Gen.Int[0, 300], Gen.Int[1, 60]).Array[1, 120];

    [Fact]
    public void WhatIsSentBehindARetransmission_IsNotLostByItsDelivery()
    {
        TransmitLog log = new();
        Delivery delivery = default;
        log.Append(0, 2000, new Instant(100), again: false, tolerance: 100);
        log.Append(2000, 3000, new Instant(130), again: false, tolerance: 100);
        Assert.Equal(1, log.Count);
        log.Deliver(1000, 2000, 0, new Instant(200), 100, ref delivery);
        log.DetectLosses(new Instant(100), 2000, 100, new Instant(200), default, out _);
        log.Resend(0, 1000, new Instant(200));
        log.Append(3000, 4000, new Instant(205), again: false, tolerance: 100);
        log.Deliver(0, 1000, 2000, new Instant(300), 100, ref delivery);
        log.DetectLosses(new Instant(200), 1000, 100, new Instant(300), default, out _);
        Assert.Equal(1000, log.LostBytes);
        Assert.False(log.Records[^1].Lost);
    }

    [Fact]
    public void QuestionsAndAnswers_TakeTheRoomOfTwoRecords()
    {
        Exchange(new TransmitLog()); // what is compiled now need not be later
        TransmitLog log = new();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Exchange(log);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 96); // of each of ten thousand idle connections

        static void Exchange(TransmitLog log)
        {
            for (int at = 0; at < 100; at++)
            {
                Delivery delivery = default;
                log.Append(at, at + 1, new Instant(1000 * at), again: false, tolerance: 0);
                log.Deliver(at, at + 1, at + 1, new Instant((1000 * at) + 500), 0, ref delivery);
            }
        }
    }

    [Fact]
    public void AnySteps_TheLogIsTheModel() => Steps.Sample(static steps =>
    {
        TransmitLog log = new();
        SortedDictionary<long, (Instant At, bool Again, bool Lost)> model = [];
        Instant now = new(1000);
        long next = 0;
        foreach ((int kind, int a, int b) in steps)
        {
            now += b;
            switch (kind)
            {
                case 0 or 1:
                    log.Append(next, next + b, now, again: false, tolerance: 0);
                    for (int i = 0; i < b; i++)
                    {
                        model[next++] = (now, false, false);
                    }

                    break;
                case 2:
                    Delivery delivery = default;
                    long from = next * a / 300;
                    log.Deliver(from, from + b, 0, now, 0, ref delivery);
                    for (long at = from; at < from + b; at++)
                    {
                        model.Remove(at);
                    }

                    break;
                case 3:
                    Resend(log, model, a, now);
                    break;
                case 4 when log.Count > 0:
                    int tail = (int)Math.Min(b, log.Records[^1].End - log.Records[^1].Start);
                    long end = log.Records[^1].End;
                    log.ResendTail(tail, now);
                    Renew(model, end - tail, end, now);
                    break;
                case 5:
                    Detect(log, model, latest: now + -a, wait: b, now);
                    break;
                case 6 when a < 30:
                    log.LoseAll();
                    Mark(model, lost: true);
                    break;
                case 7 when a < 30:
                    log.FindAll();
                    Mark(model, lost: false);
                    break;
            }

            Check(log);
            List<(long, Instant, bool, bool)> bytes = [];
            foreach (TransmitRecord record in log.Records)
            {
                for (long at = record.Start; at < record.End; at++)
                {
                    bytes.Add((at, record.At, record.Again, record.Lost));
                }
            }

            Assert.Equal(model.Select(static x => (x.Key, x.Value.At, x.Value.Again, x.Value.Lost)), bytes);
        }
    });

    [Fact]
    public void AtTheLimit_AnySteps_TheSumsStayTrue_AndAcknowledgedFrontsLeave() => Gen.Select(Steps, Gen.Int[0, 40]).Sample(static (steps, spare) =>
    {
        TransmitLog log = new();
        Instant now = new(1000);
        long next = 0;
        while (log.Count < TransmitLog.MaxRecords - spare)
        {
            now += 1;
            log.Append(next, next + 50, now, again: false, tolerance: 0);
            next += 50;
        }

        foreach ((int kind, int a, int b) in steps)
        {
            now += b;
            Delivery delivery = default;
            long from = next * a / 300;
            switch (kind)
            {
                case 0 or 1:
                    log.Append(next, next + b, now, again: false, tolerance: 0);
                    next += b;
                    break;
                case 2 or 3 or 4:
                    log.Deliver(from, from + b, 0, now, 0, ref delivery);
                    break;
                case 5:
                    log.DetectLosses(new Instant(1000 + (a * 4)), long.MaxValue, 0, now, default, out _);
                    break;
                default:
                    int index = log.FindLost();
                    if (index >= 0)
                    {
                        log.Resend(index, Math.Min(b, (int)(log.Records[index].End - log.Records[index].Start)), now);
                    }

                    break;
            }

            Check(log);
        }

        // A cumulative acknowledgement needs no room: whatever happened, it empties the log up to where it reaches.
        Delivery all = default;
        log.Deliver(0, next / 2, 0, now, 0, ref all);
        Check(log);
        Assert.True(log.Count == 0 || log.First >= next / 2);
        log.Deliver(next / 2, next, 0, now, 0, ref all);
        Assert.Equal((0, 0L, 0L), (log.Count, log.Bytes, log.LostBytes));
        Assert.True(log.IsInOrder);
    }, iter: 300);

    [Theory]
    [InlineData(1UL)]
    [InlineData(2UL)]
    [InlineData(3UL)]
    public void MoreHolesThanTheLogCanHold_TheTransferStillEnds(ulong seed)
    {
        // A megabyte in segments of a hundred bytes, a third of them overtaken.
        TcpParameters parameters = new() { MssV4 = 100, InitialReceiveWindow = 1 << 20, MaxSuperSegment = 65_000 };
        SimulatedHostOptions host = new() { Tcp = parameters };
        SimulatedLinkOptions lossy = new() { DelayMicros = 10_000, Loss = 0.002, Reordering = 0.3, ReorderMicros = 8000 };
        TcpSimulation simulation = new(seed, host with { BytesToSend = 1 << 20 }, host, lossy);
        simulation.RunToEnd();
        Assert.Equal(1 << 20, simulation.Server.Received);
        simulation.AssertNothingLeaks();
    }

    private static void Resend(TransmitLog log, SortedDictionary<long, (Instant At, bool Again, bool Lost)> model, int a, Instant now)
    {
        int index = log.FindLost();
        bool lost = model.Values.Any(static x => x.Lost);
        Assert.Equal(lost, index >= 0);
        if (index < 0)
        {
            return;
        }

        TransmitRecord record = log.Records[index];
        Assert.Equal(model.First(static x => x.Value.Lost).Key, record.Start);
        int length = (int)Math.Min(1 + (a / 8), record.End - record.Start);
        log.Resend(index, length, now);
        Renew(model, record.Start, record.Start + length, now);
    }

    private static void Renew(SortedDictionary<long, (Instant At, bool Again, bool Lost)> model, long from, long to, Instant now)
    {
        for (long at = from; at < to; at++)
        {
            model[at] = (now, true, false);
        }
    }

    private static void Mark(SortedDictionary<long, (Instant At, bool Again, bool Lost)> model, bool lost)
    {
        foreach (long at in model.Keys.ToArray())
        {
            model[at] = model[at] with { Lost = lost };
        }
    }

    private static void Detect(
        TransmitLog log, SortedDictionary<long, (Instant At, bool Again, bool Lost)> model, Instant latest, long wait, Instant now)
    {
        long expected = 0;
        foreach (long at in model.Keys.ToArray())
        {
            (Instant At, bool Again, bool Lost) x = model[at];
            if (!x.Lost && x.At <= latest)
            {
                long remaining = x.At + wait - now;
                model[at] = x with { Lost = remaining <= 0 };
                expected = Math.Max(expected, remaining);
            }
        }

        Assert.Equal(expected, log.DetectLosses(latest, long.MaxValue, wait, now, default, out _));
    }

    private static void Check(TransmitLog log)
    {
        Assert.InRange(log.Count, 0, TransmitLog.MaxRecords);
        long end = long.MinValue;
        long bytes = 0;
        long lost = 0;
        bool again = false;
        foreach (TransmitRecord record in log.Records)
        {
            Assert.True(record.Start >= end && record.End > record.Start, $"{record.Start}:{record.End} after {end}");
            end = record.End;
            bytes += record.End - record.Start;
            lost += record.Lost ? record.End - record.Start : 0;
            again |= record.Again;
        }

        Assert.Equal((bytes, lost, !again), (log.Bytes, log.LostBytes, log.IsInOrder));
    }
}
