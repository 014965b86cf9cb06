namespace NetControl.Engine.Policies;

/// <summary>What a policy does with traffic that a rule matches.</summary>
public enum PolicyAction
{
    /// <summary>It goes where the device is attached to.</summary>
    Allow,

    /// <summary>It is refused, and the client told so: TCP by reset, UDP by ICMP "administratively prohibited".</summary>
    Deny,

    /// <summary>It is refused in silence.</summary>
    Drop,

    /// <summary>It goes through another egress.</summary>
    Route,
}
