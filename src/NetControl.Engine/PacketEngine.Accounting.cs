using NetControl.Engine.Flows;
using NetControl.Engine.Sessions;

namespace NetControl.Engine;

/// <content>The books.</content>
public sealed partial class PacketEngine
{
    /// <summary>Reads the books: one row a device, delegate, protocol and family, in which everything adds up.</summary>
    public async Task<IReadOnlyList<AccountingRow>> ReadAccountingAsync(CancellationToken cancellationToken)
    {
        AccountingRow[][] cuts = await Task.WhenAll(_contexts.Select(context => context.Loop.InvokeAsync(() => Cut(context))))
            .WaitAsync(cancellationToken);
        return [.. cuts.SelectMany(rows => rows)
            .GroupBy(row => (row.Device, row.Delegate, row.Protocol, row.IsV4))
            .OrderBy(group => group.Key)
            .Select(group => group.Aggregate(Add))];
    }

    // On the loop: nothing moves while it is read.
    private AccountingRow[] Cut(LoopContext context)
    {
        SessionCopies live = new(null);
        foreach (Devices.PacketQueue queue in Devices().SelectMany(device => device.Core.Queues).Where(queue => queue.Context == context))
        {
            queue.Flows.Visit(live);
        }

        ILookup<(string, string, SessionProtocol, bool), SessionInfo> byKey = live.Items.ToLookup(
            s => (s.Device, s.Egress?.DelegateName ?? "", s.Protocol, s.Source.IsV4));
        return [.. context.Tallies.Select(tally =>
        {
            IEnumerable<SessionInfo> mine = byKey[(tally.Device, tally.Delegate, tally.Protocol, tally.IsV4)];
            return new AccountingRow(
                tally.Device,
                tally.Delegate,
                tally.Protocol,
                tally.IsV4,
                tally.Opened,
                [.. tally.Closed],
                mine.LongCount(),
                tally.BytesSent,
                tally.BytesReceived,
                mine.Sum(s => s.BytesSent),
                mine.Sum(s => s.BytesReceived));
        })];
    }

    private static AccountingRow Add(AccountingRow a, AccountingRow b) => a with
    {
        Opened = a.Opened + b.Opened,
        Closed = [.. a.Closed.Zip(b.Closed, (x, y) => x + y)],
        Live = a.Live + b.Live,
        BytesSent = a.BytesSent + b.BytesSent,
        BytesReceived = a.BytesReceived + b.BytesReceived,
        LiveBytesSent = a.LiveBytesSent + b.LiveBytesSent,
        LiveBytesReceived = a.LiveBytesReceived + b.LiveBytesReceived,
    };
}
