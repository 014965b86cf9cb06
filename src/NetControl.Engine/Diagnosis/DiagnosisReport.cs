namespace NetControl.Engine.Diagnosis;

/// <summary>What was looked at, and what was found.</summary>
/// <param name="Findings">The worst first.</param>
/// <param name="Devices">The devices that were looked at.</param>
/// <param name="Checks">How many things were looked at.</param>
public sealed record DiagnosisReport(IReadOnlyList<Finding> Findings, IReadOnlyList<string> Devices, int Checks);
