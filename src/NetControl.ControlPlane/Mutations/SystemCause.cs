namespace NetControl.ControlPlane.Mutations;

/// <summary>Why the server changes something by itself.</summary>
public enum SystemCause
{
    /// <summary>The configuration file is applied when the process begins.</summary>
    StartupFile,

    /// <summary>The configuration file is applied again, as SIGHUP asks for.</summary>
    ReloadedFile,

    /// <summary>A configuration that nobody confirmed in time is taken back.</summary>
    UnconfirmedReverted,

    /// <summary>A device that could not be opened when the process began is open now.</summary>
    DeviceReopened,

    /// <summary>A delegate left one proxy for another.</summary>
    Failover,
}
