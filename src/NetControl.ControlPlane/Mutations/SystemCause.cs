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

    /// <summary>Sessions that were given until a deadline are closed at it.</summary>
    DrainDeadline,

    /// <summary>The files with tokens or certificates have new contents.</summary>
    CredentialsReloaded,

    /// <summary>The process began.</summary>
    ProcessStarted,

    /// <summary>The process ends.</summary>
    ProcessStopped,

    /// <summary>Somebody prepared a network namespace, or took that away, at a command line.</summary>
    Prepared,

    /// <summary>Somebody took kill switches away, at a command line.</summary>
    Released,
}
