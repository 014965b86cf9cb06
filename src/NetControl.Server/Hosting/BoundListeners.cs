namespace NetControl.Server.Hosting;

/// <summary>All listeners of the process, bound together or not at all.</summary>
internal sealed class BoundListeners : IDisposable
{
    private BoundListeners(IReadOnlyList<BoundListener> grpc, BoundListener? http)
    {
        Grpc = grpc;
        Http = http;
    }

    public IReadOnlyList<BoundListener> Grpc { get; }

    public BoundListener? Http { get; }

    public IEnumerable<BoundListener> All => Http is null ? Grpc : Grpc.Append(Http);

    public static BoundListeners Bind(IReadOnlyList<ListenAddress> grpc, ListenAddress? http, uint? owner = null,
        uint? group = null)
    {
        List<BoundListener> bound = [];
        try
        {
            foreach (ListenAddress address in grpc)
            {
                bound.Add(BoundListener.Bind(address, owner, group));
            }

            return new BoundListeners([.. bound], http is null ? null : BoundListener.Bind(http));
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
