namespace NetControl.Engine.Policies;

/// <summary>Why a rule does not match.</summary>
public enum PolicyMismatch
{
    /// <summary>It does.</summary>
    None,

    /// <summary>It is for the other protocol.</summary>
    Protocol,

    /// <summary>The destination's address is in none of its prefixes.</summary>
    Destination,

    /// <summary>The destination's port is in none of its ranges.</summary>
    Port,

    /// <summary>The application's address is in none of its prefixes.</summary>
    Source,
}
