namespace NetControl.Server.Hosting;

/// <summary>All listeners of the process, bound together or not at all.</summary>
internal sealed class BoundListeners : IDisposable
{
    private BoundListeners(IReadOnlyList<BoundListener> grpc, IReadOnlyList<BoundListener> json, BoundListener? http,
        BoundListener? health)
    {
        Grpc = grpc;
        Json = json;
        Http = http;
        Health = health;
    }

    public IReadOnlyList<BoundListener> Grpc { get; }

    public IReadOnlyList<BoundListener> Json { get; }

    public BoundListener? Http { get; }

    public BoundListener? Health { get; }

    public IEnumerable<BoundListener> All => [.. Grpc, .. Json, .. ((BoundListener?[])[Http, Health]).OfType<BoundListener>()];

    public static BoundListeners Bind(
        IReadOnlyList<ListenAddress> grpc, IReadOnlyList<ListenAddress> json, ListenAddress? http, uint? owner = null, uint? group = null,
        ListenAddress? health = null)
    {
        List<BoundListener> bound = [];
        try
        {
            foreach (ListenAddress address in grpc.Concat(json))
            {
                bound.Add(BoundListener.Bind(address, owner, group));
            }

            int api = bound.Count;
            bound.AddRange(((ListenAddress?[])[http, health]).OfType<ListenAddress>().Select(address => BoundListener.Bind(address)));
            return new BoundListeners(
                [.. bound.Take(grpc.Count)], [.. bound.Take(api).Skip(grpc.Count)],
                http is null ? null : bound[api], health is null ? null : bound[^1]);
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
