namespace NetControl.ControlPlane.Lists.Filters;

/// <summary>A filter as it was written, before anybody asked what its fields mean. Its text reads back to an equal filter.</summary>
public abstract record FilterNode
{
    private protected FilterNode()
    {
    }
}
