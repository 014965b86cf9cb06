using System.Runtime.CompilerServices;
using System.Text.Json;

namespace NetControl.ControlPlane.Validation;

/// <summary>How fields are spelt in violations: as the API's requests do, or as a configuration file does.</summary>
/// <remarks>Fields of one word are spelt alike, and have no place here.</remarks>
internal sealed class FieldNaming
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

    public string UdpIdleTimeout => Spelt();

    public string StreamDialer => Spelt();

    public string PacketProxy => Spelt();

    public string KeepAlive => Spelt();

    public string DescriptorSocket => Spelt();

    public string ExcludedRoutes => Spelt();

    public string MaxTcpSessions => Spelt();

    public string MaxUdpSessions => Spelt();

    public string MaxHalfOpen => Spelt();

    public string MaxBufferBytes => Spelt();

    public string MaxReassemblyBytes => Spelt();

    public string MaxSessionsPerSource => Spelt();

    public string MaxSessionsPerDestination => Spelt();

    public string DefaultAction => Spelt();

    public string WindowFailures => Spelt();

    public string HoldDown => Spelt();

    public string BackOff => Spelt();

    public string MaxBackOff => Spelt();

    public string SkipStandby => Spelt();

    private string Spelt([CallerMemberName] string property = "") => _policy.ConvertName(property);
}
