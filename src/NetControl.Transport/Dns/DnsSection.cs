namespace NetControl.Transport.Dns;

/// <summary>Where in a message a record stands.</summary>
internal enum DnsSection
{
    /// <summary>It answers the question.</summary>
    Answer,

    /// <summary>It says who knows.</summary>
    Authority,

    /// <summary>It may help.</summary>
    Additional,
}
