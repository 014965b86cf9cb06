using System.Runtime.CompilerServices;
using System.Text.Json;

namespace NetControl.ControlPlane.Validation;

/// <summary>How fields are spelt in violations: as the API's requests do, or as a configuration file does.</summary>
/// <remarks>Fields of one word are spelt alike, and have no place here.</remarks>
public sealed class FieldNaming
{
    /// <summary>The spelling of protos, which gRPC clients see.</summary>
    public static readonly FieldNaming Proto = new(JsonNamingPolicy.SnakeCaseLower);

    /// <summary>The spelling of ProtoJSON, which files use.</summary>
    public static readonly FieldNaming Json = new(JsonNamingPolicy.CamelCase);

    private readonly JsonNamingPolicy _policy;

    private FieldNaming(JsonNamingPolicy policy)
    {
        _policy = policy;
    }

    internal string UdpIdleTimeout => Spelt();

    internal string StreamDialer => Spelt();

    internal string PacketProxy => Spelt();

    internal string KeepAlive => Spelt();

    internal string DescriptorSocket => Spelt();

    internal string ExcludedRoutes => Spelt();

    internal string MaxTcpSessions => Spelt();

    internal string MaxUdpSessions => Spelt();

    internal string MaxHalfOpen => Spelt();

    internal string MaxBufferBytes => Spelt();

    internal string MaxReassemblyBytes => Spelt();

    internal string MaxSessionsPerSource => Spelt();

    internal string MaxSessionsPerDestination => Spelt();

    internal string DefaultAction => Spelt();

    internal string WindowFailures => Spelt();

    internal string HoldDown => Spelt();

    internal string BackOff => Spelt();

    internal string MaxBackOff => Spelt();

    internal string SkipStandby => Spelt();

    private string Spelt([CallerMemberName] string property = "") => _policy.ConvertName(property);
}
