namespace NetControl.Demo;

/// <summary>Something did not add up; the message says what.</summary>
internal sealed class DemoException(string message, Exception? innerException = null) : Exception(message, innerException);
