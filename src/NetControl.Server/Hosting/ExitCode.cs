using NetControl.ControlPlane.Errors;

namespace NetControl.Server.Hosting;

/// <summary>What the process tells its parent.</summary>
internal static class ExitCode
{
    public const int Ok = 0;
    public const int ListenFailed = 1;
    public const int Usage = 2;
    public const int InvalidConfiguration = 3;
    public const int MissingCapability = 4;
    public const int TunUnavailable = 5;
    public const int KernelRefused = 6;
    public const int StateUnusable = 7;
    public const int Internal = 70;
    public const int Forced = 130;

    /// <summary>What is told of a start that the control plane refused.</summary>
    public static int Of(ControlPlaneError error) => error switch
    {
        ControlPlaneError.InvalidArgument or ControlPlaneError.NotFound or ControlPlaneError.AlreadyExists => InvalidConfiguration,
        ControlPlaneError.MissingCapability => MissingCapability,
        ControlPlaneError.TunDeviceMissing or ControlPlaneError.TunDeviceDenied => TunUnavailable,
        ControlPlaneError.DescriptorMissing => TunUnavailable,
        ControlPlaneError.InterfaceBusy or ControlPlaneError.KernelRefused => KernelRefused,
        _ => Internal,
    };
}
