namespace NetControl.Transport.Dns;

/// <summary>Where a query failed.</summary>
public enum DnsError
{
    /// <summary>The question cannot be asked: no name, or a message that is none.</summary>
    BadRequest,

    /// <summary>The resolver could not be reached.</summary>
    Dial,

    /// <summary>The query could not be sent.</summary>
    Send,

    /// <summary>No answer came, or the connection broke before it was whole.</summary>
    Receive,

    /// <summary>What came is not an answer to the query.</summary>
    BadResponse,
}
