namespace NetControl.Server.Hosting;

/// <summary>All listeners of the process, bound together or not at all.</summary>
internal sealed class BoundListeners : IDisposable
{
    private BoundListeners(IReadOnlyList<BoundListener> grpc, IReadOnlyList<BoundListener> json, BoundListener? http)
    {
        Grpc = grpc;
        Json = json;
        Http = http;
    }

    public IReadOnlyList<BoundListener> Grpc { get; }

    public IReadOnlyList<BoundListener> Json { get; }

    public BoundListener? Http { get; }

    public IEnumerable<BoundListener> All => [.. Grpc, .. Json, .. Http is null ? (IEnumerable<BoundListener>)[] : [Http]];

    public static BoundListeners Bind(
        IReadOnlyList<ListenAddress> grpc, IReadOnlyList<ListenAddress> json, ListenAddress? http, uint? owner = null, uint? group = null)
    {
        List<BoundListener> bound = [];
        try
        {
            foreach (ListenAddress address in grpc.Concat(json))
            {
                bound.Add(BoundListener.Bind(address, owner, group));
            }

            return new BoundListeners(
                [.. bound.Take(grpc.Count)], [.. bound.Skip(grpc.Count)], http is null ? null : BoundListener.Bind(http));
        }
        catch
        {
            foreach (BoundListener listener in bound)
            {
                listener.Dispose();
            }

            throw;
        }
    }

    public void Dispose()
    {
        foreach (BoundListener listener in All)
        {
            listener.Dispose();
        }
    }
}
