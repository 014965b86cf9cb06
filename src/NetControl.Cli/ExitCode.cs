namespace NetControl.Cli;

/// <summary>What netctl tells its caller.</summary>
internal static class ExitCode
{
    public const int Ok = 0;
    public const int Refused = 1;
    public const int Usage = 2;
    public const int NotFound = 3;
    public const int Unreachable = 4;
    public const int Cancelled = 130;
}
