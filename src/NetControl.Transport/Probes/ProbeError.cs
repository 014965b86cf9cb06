namespace NetControl.Transport.Probes;

/// <summary>What failed in a probe.</summary>
/// <param name="Op">The stage.</param>
/// <param name="PosixError">The kernel's word, ETIMEDOUT where our patience ended, or empty.</param>
/// <param name="Message">The whole sentence; holds no secret.</param>
public sealed record ProbeError(string Op, string PosixError, string Message);
