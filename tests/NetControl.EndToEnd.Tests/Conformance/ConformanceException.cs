namespace NetControl.EndToEnd.Tests.Conformance;

/// <summary>A scenario went otherwise than the RFC says; the message holds the packets.</summary>
internal sealed class ConformanceException(string message, Exception? inner = null) : Exception(message, inner);
