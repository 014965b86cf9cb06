using NetControl.ControlPlane.Validation;
using NetControl.Server.Telemetry;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Configuration;

/// <summary>Checks where traces and logs are to go.</summary>
internal static class TelemetryValidator
{
    public static TelemetrySettings? Validate(V1.Telemetry? telemetry, ViolationList violations)
    {
        if (telemetry?.Otlp is not { } otlp)
        {
            return null;
        }

        if (!Uri.TryCreate(otlp.Endpoint, UriKind.Absolute, out Uri? endpoint) || endpoint.Scheme is not ("http" or "https"))
        {
            violations.Add("telemetry.otlp.endpoint", otlp.Endpoint, "is not a collector's address",
                "write e.g. http://127.0.0.1:4317, or http://127.0.0.1:4318 with protocol: HTTP_PROTOBUF", "INVALID_ENDPOINT");
        }

        foreach (string name in otlp.Headers.Keys.Where(name => name.Length == 0 || !name.All(IsOfHeaders)))
        {
            violations.Add("telemetry.otlp.headers", name, "is not a header's name", "write letters, digits and dashes", "INVALID_HEADER");
        }

        return new TelemetrySettings
        {
            Endpoint = endpoint,
            IsHttp = otlp.Protocol == V1.Otlp.Types.Protocol.HttpProtobuf,
            Headers = otlp.Headers.ToDictionary(StringComparer.Ordinal),
            ResourceAttributes = otlp.ResourceAttributes.ToDictionary(StringComparer.Ordinal),
        };
    }

    private static bool IsOfHeaders(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.';
}
