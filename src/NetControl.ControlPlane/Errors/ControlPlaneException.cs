using NetControl.ControlPlane.Validation;
using NetControl.Engine;

namespace NetControl.ControlPlane.Errors;

/// <summary>The control plane's one exception: the reason as a value, the violations, and the resource that it is about.</summary>
public sealed class ControlPlaneException : Exception
{
    /// <summary>Makes an exception.</summary>
    public ControlPlaneException(
        ControlPlaneError error,
        string message,
        string resource = "",
        IReadOnlyList<Violation>? violations = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        Exception? innerException = null)
        : base(message, innerException)
    {
        Error = error;
        Resource = resource;
        Violations = violations ?? [];
        Metadata = metadata ?? new Dictionary<string, string>(StringComparer.Ordinal);
    }

    /// <summary>The reason.</summary>
    public ControlPlaneError Error { get; }

    /// <summary>The name of the resource that the error is about, or empty.</summary>
    public string Resource { get; }

    /// <summary>Everything that is wrong with the request; empty unless it is an invalid argument.</summary>
    public IReadOnlyList<Violation> Violations { get; }

    /// <summary>Facts for programs: what was expected, what is.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Makes the exception of a request with which one thing is wrong.</summary>
    public static ControlPlaneException Invalid(Violation violation, string resource = "") =>
        new(ControlPlaneError.InvalidArgument, violation.ToString(), resource, [violation]);

    internal static ControlPlaneException NotFound(string name) =>
        new(ControlPlaneError.NotFound, $"\"{name}\" does not exist", name);

    /// <param name="name">The resource.</param>
    /// <param name="why">What keeps it, and how to make it free.</param>
    internal static ControlPlaneException InUse(string name, string why) =>
        new(ControlPlaneError.ResourceInUse, $"\"{name}\" {why}, or set force", name);

    internal static ControlPlaneException From(EngineException e, string resource) => new(
        e.Error switch
        {
            EngineError.MissingCapability => ControlPlaneError.MissingCapability,
            EngineError.TunDeviceMissing => ControlPlaneError.TunDeviceMissing,
            EngineError.TunDeviceDenied => ControlPlaneError.TunDeviceDenied,
            EngineError.InterfaceBusy => ControlPlaneError.InterfaceBusy,
            EngineError.KernelRefused => ControlPlaneError.KernelRefused,
            EngineError.DescriptorMissing => ControlPlaneError.DescriptorMissing,
            EngineError.Closed => ControlPlaneError.DeviceClosed,
            EngineError.LimitExceeded => ControlPlaneError.LimitExceeded,
            _ => ControlPlaneError.Internal,
        },
        e.Message,
        resource,
        metadata: e.Error == EngineError.MissingCapability
            ? new Dictionary<string, string>(StringComparer.Ordinal) { ["capability"] = "CAP_NET_ADMIN" }
            : null,
        innerException: e);
}
