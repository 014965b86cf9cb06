namespace NetControl.Engine.Diagnosis;

/// <summary>Something that is not as it should be.</summary>
/// <param name="Severity">How bad.</param>
/// <param name="Code">What it is.</param>
/// <param name="Subject">What it is about: an interface, a route, a rule, a proxy.</param>
/// <param name="Message">What is wrong and what follows from it.</param>
/// <param name="Fix">A command line that puts it right, or a sentence where no command can.</param>
/// <param name="Device">The device that suffers, or empty.</param>
public sealed record Finding(FindingSeverity Severity, FindingCode Code, string Subject, string Message, string Fix, string Device = "");
