using Google.Protobuf.WellKnownTypes;
using NetControl.ControlPlane;
using NetControl.Engine;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Mapping;

/// <summary>The books between messages and the engine's words.</summary>
internal static class AccountingMapping
{
    public static V1.GetAccountingResponse ToMessage(this IReadOnlyList<AccountingRow> rows, NetControlPlane plane) => new()
    {
        Epoch = plane.Events.Epoch,
        Time = plane.Time.GetUtcNow().ToTimestamp(),
        Rows = { rows.Select(ToMessage) },
    };

    private static V1.AccountingRow ToMessage(AccountingRow row) => new()
    {
        Device = row.Device,
        Delegate = row.Delegate,
        Protocol = row.Protocol == Engine.Sessions.SessionProtocol.Tcp ? V1.SessionProtocol.Tcp : V1.SessionProtocol.Udp,
        IpVersion = row.IsV4 ? 4u : 6u,
        Opened = row.Opened,
        Closed =
        {
            row.Closed.Select((count, cause) => new V1.ClosedCount { Cause = (V1.SessionCause)cause, Count = count })
                .Where(closed => closed.Count > 0),
        },
        Live = row.Live,
        BytesSent = row.BytesSent,
        BytesReceived = row.BytesReceived,
        LiveBytesSent = row.LiveBytesSent,
        LiveBytesReceived = row.LiveBytesReceived,
    };
}
