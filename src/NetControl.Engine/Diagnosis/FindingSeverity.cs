namespace NetControl.Engine.Diagnosis;

/// <summary>How bad a finding is, the worst first.</summary>
public enum FindingSeverity
{
    /// <summary>Traffic does not pass, or goes round in circles.</summary>
    Error,

    /// <summary>Something works less well than it could, or passes by the device.</summary>
    Warning,
}
