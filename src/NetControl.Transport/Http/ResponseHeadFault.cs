namespace NetControl.Transport.Http;

/// <summary>Why the head of a response could not be read.</summary>
internal enum ResponseHeadFault
{
    /// <summary>It could.</summary>
    None,

    /// <summary>The connection ended before the head did.</summary>
    Ended,

    /// <summary>What came is no HTTP/1.1.</summary>
    NotHttp,

    /// <summary>The head is longer than <see cref="ResponseHead.MaxLength"/>.</summary>
    TooLong,
}
