namespace NetControl.ControlPlane.State;

/// <summary>Who declared a resource.</summary>
public enum ResourceSource
{
    /// <summary>A call of the API. Applying the configuration file leaves it alone.</summary>
    Api,

    /// <summary>The configuration file. It is removed when a later version of the file no longer declares it.</summary>
    File,
}
