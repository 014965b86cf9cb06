using Grpc.Core;
using NetControl.Protocol.V1;

namespace NetControl.Server.Tests.Audit;

/// <summary>Reads a stream of the audit log, with a deadline for each message.</summary>
internal sealed class AuditReader : IDisposable
{
    private readonly AsyncServerStreamingCall<StreamAuditRecordsResponse> _call;
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(30));

    private AuditReader(ChannelBase channel, StreamAuditRecordsRequest request)
    {
        _call = new AuditService.AuditServiceClient(channel).StreamAuditRecords(request, cancellationToken: _patience.Token);
    }

    /// <summary>Whether to tell the records of readers of the log too, this one's among them.</summary>
    public bool TellsReaders { get; init; }

    public AuditStreamStart Start { get; private set; } = new();

    public static async Task<AuditReader> OpenAsync(ChannelBase channel, StreamAuditRecordsRequest request, bool readers = false)
    {
        AuditReader reader = new(channel, request) { TellsReaders = readers };
        StreamAuditRecordsResponse first = await reader.NextAsync();
        Assert.Equal(StreamAuditRecordsResponse.MessageOneofCase.Start, first.MessageCase);
        reader.Start = first.Start;
        return reader;
    }

    /// <summary>Everything that is remembered, up to the heartbeat after it.</summary>
    public static async Task<IReadOnlyList<StreamAuditRecordsResponse>> RememberedAsync(ChannelBase channel, StreamAuditRecordsRequest request)
    {
        request.Remembered = request.ResumeFrom is null;
        using AuditReader reader = await OpenAsync(channel, request);
        List<StreamAuditRecordsResponse> messages = [];
        while (await reader.NextAsync() is { MessageCase: not StreamAuditRecordsResponse.MessageOneofCase.Heartbeat } message)
        {
            messages.Add(message);
        }

        return messages;
    }

    public async Task<StreamAuditRecordsResponse> NextAsync()
    {
        while (await _call.ResponseStream.MoveNext(_patience.Token))
        {
            StreamAuditRecordsResponse message = _call.ResponseStream.Current;
            if (TellsReaders || message.Record?.Method.EndsWith("/StreamAuditRecords", StringComparison.Ordinal) != true)
            {
                return message;
            }
        }

        throw new EndOfStreamException();
    }

    public void Dispose()
    {
        _call.Dispose();
        _patience.Dispose();
    }
}
