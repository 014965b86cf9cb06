namespace NetControl.ControlPlane.Registry;

/// <summary>How large a page may be.</summary>
public static class PageLimits
{
    /// <summary>What a request gets that does not say.</summary>
    public const int DefaultSize = 100;

    /// <summary>What a request gets that asks for more.</summary>
    public const int LargestSize = 1000;
}
