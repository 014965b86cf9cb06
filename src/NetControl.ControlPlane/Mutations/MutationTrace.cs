using System.Diagnostics;

namespace NetControl.ControlPlane.Mutations;

/// <summary>The steps of a change as spans, for whoever listens.</summary>
/// <remarks>Without a listener a step is one test of a field, and no object.</remarks>
public static class MutationTrace
{
    /// <summary>The name under which a tracer finds the steps.</summary>
    public const string SourceName = "NetControl.ControlPlane";

    private static readonly ActivitySource s_source = new(SourceName);

    internal static Activity? Step(string name) => s_source.StartActivity(name);
}
