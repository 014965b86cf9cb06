using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace NetControl.Server.Gateway;

/// <summary>Where the pipeline behind the gateway writes its gRPC answer, and the gateway reads it.</summary>
/// <remarks>
/// The pipe is bounded: a caller that does not read makes the service's writes wait, as HTTP/2's flow control would. Lifetime: one call.
/// </remarks>
internal sealed class InnerResponse : IHttpResponseFeature, IHttpResponseBodyFeature, IHttpResponseTrailersFeature, IHttpResetFeature,
    IHttpRequestLifetimeFeature, IDisposable
{
    private readonly Pipe _pipe = new(new PipeOptions(useSynchronizationContext: false));
    private readonly CancellationTokenSource _aborted;
    private readonly List<(Func<object, Task> Callback, object State)> _starting = [];
    private readonly List<(Func<object, Task> Callback, object State)> _completed = [];

    public InnerResponse(CancellationToken outerAborted)
    {
        _aborted = CancellationTokenSource.CreateLinkedTokenSource(outerAborted);
        RequestAborted = _aborted.Token;
        Writer = new StartingWriter(_pipe.Writer, this);
        Stream = Writer.AsStream(leaveOpen: true);
    }

    public int StatusCode { get; set; } = StatusCodes.Status200OK;

    public string? ReasonPhrase { get; set; }

    public IHeaderDictionary Headers { get; set; } = new HeaderDictionary();

    public IHeaderDictionary Trailers { get; set; } = new HeaderDictionary();

    public Stream Body { get => Stream; set => throw new NotSupportedException("the gateway's answer goes to the gateway"); }

    public bool HasStarted { get; private set; }

    public Stream Stream { get; }

    public PipeWriter Writer { get; }

    public CancellationToken RequestAborted { get; set; }

    /// <summary>What has been written.</summary>
    public PipeReader Reader => _pipe.Reader;

    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (!HasStarted)
        {
            HasStarted = true;
            foreach ((Func<object, Task> callback, object state) in Enumerable.Reverse(_starting))
            {
                await callback(state);
            }
        }
    }

    public async Task CompleteAsync()
    {
        await StartAsync();
        await _pipe.Writer.CompleteAsync();
    }

    /// <summary>The pipeline has returned: nothing more comes.</summary>
    public async Task EndAsync(Exception? failure)
    {
        await _pipe.Writer.CompleteAsync(failure);
        foreach ((Func<object, Task> callback, object state) in Enumerable.Reverse(_completed))
        {
            await callback(state);
        }
    }

    public void OnStarting(Func<object, Task> callback, object state) => _starting.Add((callback, state));

    public void OnCompleted(Func<object, Task> callback, object state) => _completed.Add((callback, state));

    public void DisableBuffering()
    {
    }

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("a gRPC answer is no file");

    // A passed deadline resets the stream; what is in the trailers says why.
    public void Reset(int errorCode) => Abort();

    public void Abort() => _aborted.Cancel();

    public void Dispose() => _aborted.Dispose();

    /// <summary>Notes that the response has begun once something is flushed: from then on the status is a trailer.</summary>
    private sealed class StartingWriter : PipeWriter
    {
        private readonly PipeWriter _inner;
        private readonly InnerResponse _response;

        public StartingWriter(PipeWriter inner, InnerResponse response)
        {
            _inner = inner;
            _response = response;
        }

        public override bool CanGetUnflushedBytes => _inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => _inner.UnflushedBytes;

        public override void Advance(int bytes) => _inner.Advance(bytes);

        public override void CancelPendingFlush() => _inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => _inner.Complete(exception);

        public override Memory<byte> GetMemory(int sizeHint = 0) => _inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => _inner.GetSpan(sizeHint);

        public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            await _response.StartAsync(cancellationToken);
            return await _inner.FlushAsync(cancellationToken);
        }
    }
}
