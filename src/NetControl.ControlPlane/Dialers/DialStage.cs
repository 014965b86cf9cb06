namespace NetControl.ControlPlane.Dialers;

/// <summary>The parts of a dial that are measured.</summary>
public enum DialStage
{
    /// <summary>The connection to the first server of the chain.</summary>
    Connect,

    /// <summary>All of it: until the stream through the whole chain is usable.</summary>
    Dial,
}
