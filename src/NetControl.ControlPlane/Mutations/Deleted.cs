namespace NetControl.ControlPlane.Mutations;

/// <summary>The result of a removal: that it happened.</summary>
public sealed class Deleted
{
    /// <summary>The only one.</summary>
    public static readonly Deleted Answer = new();

    private Deleted()
    {
    }
}
