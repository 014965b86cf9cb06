namespace NetControl.Engine.Sessions;

/// <summary>Why a session ended: the outcome and whose doing it was. Also a metric label (its name in snake case).</summary>
public enum SessionCause : byte
{
    /// <summary>It has not ended.</summary>
    None,

    /// <summary>Both sides finished in good order.</summary>
    Completed,

    /// <summary>The client reset the connection.</summary>
    ClientReset,

    /// <summary>The client stopped answering.</summary>
    ClientTimeout,

    /// <summary>The client gave up before the dial was done.</summary>
    ClientAborted,

    /// <summary>The upstream reset the connection.</summary>
    UpstreamReset,

    /// <summary>The upstream stopped answering.</summary>
    UpstreamTimeout,

    /// <summary>The upstream broke in another way.</summary>
    UpstreamError,

    /// <summary>The destination refused the dial.</summary>
    DialRefused,

    /// <summary>No route to the destination, or it is not there.</summary>
    DialUnreachable,

    /// <summary>The dial did not finish in time.</summary>
    DialTimeout,

    /// <summary>The proxy could not be reached, or broke its protocol.</summary>
    DialProxyFailed,

    /// <summary>The dial failed in another way.</summary>
    DialFailed,

    /// <summary>A rule forbids it, or the device has no way out attached.</summary>
    Rejected,

    /// <summary>A configured limit was met.</summary>
    LimitExceeded,

    /// <summary>A UDP session had nothing to send for its write-idle timeout.</summary>
    Idle,

    /// <summary>The proxy ended a UDP session.</summary>
    UpstreamClosed,

    /// <summary>An operator closed it.</summary>
    ClosedByOperator,

    /// <summary>Its delegate was swapped with a policy that ends older sessions.</summary>
    DelegateSwapped,

    /// <summary>Its device was removed.</summary>
    DeviceClosed,

    /// <summary>The process is shutting down.</summary>
    Shutdown,

    /// <summary>A fault of ours; the log says more.</summary>
    InternalError,

    /// <summary>Its device was drained, and the deadline passed.</summary>
    Drained,

    /// <summary>The device's policy refused it.</summary>
    PolicyDenied,

    /// <summary>It would have carried our own upstream traffic round in a circle.</summary>
    UpstreamLoop,

    /// <summary>The application's address had as many sessions as the device allows one.</summary>
    SourceLimit,

    /// <summary>The destination had as many sessions as the device allows one.</summary>
    DestinationLimit,
}
