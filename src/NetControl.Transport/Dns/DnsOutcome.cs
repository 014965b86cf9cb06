namespace NetControl.Transport.Dns;

/// <summary>What became of a query to a resolver. Also a metric label (its name in snake case).</summary>
public enum DnsOutcome
{
    /// <summary>An answer, be it that there is nothing of this type.</summary>
    Noerror,

    /// <summary>There is no such name.</summary>
    Nxdomain,

    /// <summary>The resolver could not find out.</summary>
    Servfail,

    /// <summary>The resolver does not want to.</summary>
    Refused,

    /// <summary>It answered with another code.</summary>
    OtherRcode,

    /// <summary>It did not answer for two seconds or more.</summary>
    Timeout,

    /// <summary>It could not be reached, or the way to it broke.</summary>
    Unreachable,

    /// <summary>What came is no answer to the query.</summary>
    BadAnswer,

    /// <summary>Nobody wanted the answer any more, before two seconds were over.</summary>
    Canceled,
}
