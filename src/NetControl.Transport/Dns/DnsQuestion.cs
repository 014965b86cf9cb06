namespace NetControl.Transport.Dns;

/// <summary>A question: a name and what is wanted of it, in the class of the internet.</summary>
/// <param name="Name">The name.</param>
/// <param name="Type">What is wanted.</param>
public readonly record struct DnsQuestion(DnsName Name, DnsType Type);
