using NetControl.Engine.Sessions;
using NetControl.Network;
using NetControl.Stack;
using NetControl.Stack.Icmp;
using NetControl.Stack.Tcp;
using NetControl.Stack.Wire;

namespace NetControl.Engine.Flows;

/// <content>The way to the upstream: the client's SYN waits for it, so that its fate can be told truthfully.</content>
internal sealed partial class TcpFlow
{
    private readonly Action _onDialed;
    private readonly DialNote _dialNote = new();
    private ValueTask<IStreamConnection> _dial;
    private CancellationTokenSource? _dialCancellation;
    private Instant _dialStarted;
    private Instant _dialDeadline;
    private bool _dialing;
    private bool _dialOut;
    private bool _halfOpen;

    private void StartDial(Instant now)
    {
        _halfOpen = true;
        _queue.Counters.HalfOpen++;
        _dialStarted = now;
        _dialDeadline = now + (long)_context.Options.DialTimeout.TotalMicroseconds;
        if (_queue.Device.AcceptImmediately)
        {
            _connection.Answer(now);
        }

        _dialCancellation = _context.RentCancellation();
        _dialOut = true;
#pragma warning disable CA2012 // kept in a field on purpose, and consumed once: by OnDialCompleted
        _dial = Dial();
#pragma warning restore CA2012

        System.Runtime.CompilerServices.ValueTaskAwaiter<IStreamConnection> awaiter = _dial.GetAwaiter();
        if (awaiter.IsCompleted)
        {
            OnDialCompleted();
        }
        else
        {
            awaiter.UnsafeOnCompleted(_onDialed);
            SetTimer();
            _context.MarkDirty(this);
        }
    }

    private ValueTask<IStreamConnection> Dial()
    {
        _dialNote.Begin();
        try
        {
            return _egress!.StreamDialer!.DialAsync(_remote, _dialCancellation!.Token);
        }
        catch (Exception e)
        {
            // A dialer that throws at once is treated like one whose task fails.
            return ValueTask.FromException<IStreamConnection>(e);
        }
        finally
        {
            DialNote.Returned();
        }
    }

    private void OnDialCompleted()
    {
        if (!_context.Loop.InLoop)
        {
            // A dialer that is not ours may finish anywhere.
            _context.Loop.Post(static flow => ((TcpFlow)flow!).OnDialCompleted(), this);
            return;
        }

        IStreamConnection? connection = null;
        Exception? failure = null;
        try
        {
            connection = _dial.GetAwaiter().GetResult();
        }
        catch (Exception e)
        {
            failure = e;
        }

        _dial = default;
        _context.Return(_dialCancellation!);
        _dialCancellation = null;
        if (IsFinished)
        {
            // The client has gone, or the dial came too late; the object was only waiting for this.
            if (connection is not null)
            {
                Discard(connection);
            }

            _dialOut = false;
            if (!_finishing)
            {
                _queue.Flows.Return(this);
            }

            return;
        }

        _dialOut = false;
        _dialing = false;
        _dialDuration = TimeSpan.FromMicroseconds(_context.Loop.Now - _dialStarted);
        try
        {
            if (connection is null)
            {
                OnDialFailed(failure!);
            }
            else
            {
                OnDialed(connection);
            }
        }
        catch (Exception e)
        {
            OnFault(e);
        }
    }

    private void OnDialed(IStreamConnection connection)
    {
        StartRelay(connection);
        if (IsFinished)
        {
            return; // a stream that was born broken
        }

        if (!_queue.Device.AcceptImmediately)
        {
            _connection.Answer(_context.Loop.Now);
        }
        else
        {
            if (_connection.State != TcpState.SynReceived)
            {
                LeaveHalfOpen(); // the handshake was done before the dial
            }

            PushUpstream();
            if (IsFinished || FailIfBroken())
            {
                return;
            }
        }

        _context.MarkDirty(this);
    }

    private void Discard(IStreamConnection connection)
    {
        try
        {
            connection.Abort();
            connection.Dispose();
        }
        catch (Exception e)
        {
            FlowLog.Fault(_context.Logger, _client, e); // a foreign stream's fault must not become the loop's
        }
    }

    private void OnDialFailed(Exception failure)
    {
        DialFailure kind = failure switch
        {
            DialException dial => dial.Failure,
            OperationCanceledException => DialFailure.Canceled,
            _ => DialFailure.Other,
        };
        _dialError = failure is OperationCanceledException ? null : failure.Message;
        FlowLog.DialFailed(_context.Logger, _remote, _egress!.ProxyName, kind, failure.Message);
        UnreachableReason? icmp = kind switch
        {
            DialFailure.NetworkUnreachable => UnreachableReason.Network,
            DialFailure.HostUnreachable => UnreachableReason.Host,
            DialFailure.NotAllowed => UnreachableReason.Prohibited,
            _ => null,
        };
        SessionCause cause = kind switch
        {
            DialFailure.Refused => SessionCause.DialRefused,
            DialFailure.NetworkUnreachable or DialFailure.HostUnreachable => SessionCause.DialUnreachable,
            DialFailure.TimedOut => SessionCause.DialTimeout,
            DialFailure.ProxyUnreachable or DialFailure.ProxyProtocol => SessionCause.DialProxyFailed,
            DialFailure.NotAllowed => SessionCause.Rejected,
            DialFailure.LocalLimit => SessionCause.LimitExceeded,
            _ => SessionCause.DialFailed,
        };
        Refuse(cause, icmp);
    }

    private void OnDialTimeout()
    {
        _dialDuration = TimeSpan.FromMicroseconds(_context.Loop.Now - _dialStarted);
        Refuse(SessionCause.DialTimeout, null);
    }

    /// <summary>Tells the client the truth in TCP's words: a reset, or ICMP unreachable where the network said so.</summary>
    private void Refuse(SessionCause cause, UnreachableReason? icmp)
    {
        if (icmp is { } reason && !_queue.Device.AcceptImmediately)
        {
            SendUnreachable(reason);
            _connection.Drop();
            Finish(cause, abortUpstream: true);
        }
        else
        {
            ResetClient(cause);
        }
    }

    /// <summary>ICMP quotes the packet it is about. The SYN is long gone from the slot; if its copy is too, one like it is quoted.</summary>
    private void SendUnreachable(UnreachableReason reason)
    {
        if (_context.RecentSyns.TryFind(_client, _remote, out ReadOnlySpan<byte> quote))
        {
            byte[] room = _context.SmallPacket;
            _queue.SendIcmpError(room.AsSpan(0, IcmpErrors.WriteUnreachable(room, _client.Address, _remote.Address, reason, quote)));
            return;
        }

        Span<byte> syn = stackalloc byte[TcpPacket.MaxHeadersLength];
        TcpOptions none = default;
        int length = TcpPacket.Write(syn, _client, _remote, _irs, default, TcpFlags.Syn, (ushort)_synWindow, none);
        byte[] packet = _context.SmallPacket;
        int written = IcmpErrors.WriteUnreachable(packet, syn[..length], reason);
        _queue.SendIcmpError(packet.AsSpan(0, written));
    }

    private void CancelDial()
    {
        if (_dialing)
        {
            _dialing = false;
            if (_dialOut)
            {
                try
                {
                    _dialCancellation?.Cancel(); // may complete the dial, and so OnDialCompleted, before it returns
                }
                catch (AggregateException e)
                {
                    FlowLog.Fault(_context.Logger, _client, e); // thrown by what a dialer had registered
                }
            }
        }
    }
}
