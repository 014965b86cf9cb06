using System.Net;
using NetControl.ControlPlane.Validation;
using NetControl.Server.Hosting;
using NetControl.Server.Security;
using V1 = NetControl.Protocol.V1;

namespace NetControl.Server.Configuration;

/// <summary>Checks where the server is asked to listen, and fills in the defaults.</summary>
internal static class ListenValidator
{
    public static readonly IReadOnlyList<string> DefaultGrpc = ["http://127.0.0.1:50051", "unix:/run/netcontrol/netcontrol.sock"];
    public const string DefaultHttp = "http://127.0.0.1:9464";
    private const string Off = "off";

    public static ListenSettings Validate(V1.Listen listen, V1.Audit? audit, ViolationList violations)
    {
        AccessSettings access = AccessValidator.Validate(listen, audit, violations);
        List<ListenAddress> all = [];
        List<ListenAddress> grpc = Read("listen.grpc", listen.Grpc.Count > 0 ? listen.Grpc : DefaultGrpc, listen, access, all, violations);
        List<ListenAddress> json = Read("listen.json", listen.Json, listen, access, all, violations);
        ListenAddress? http = ReadOpen("listen.http", listen.Http.Length > 0 ? listen.Http : DefaultHttp, DefaultHttp, all, violations);
        ListenAddress? health = ReadOpen("listen.health", listen.Health.Length > 0 ? listen.Health : Off, "http://*:50053", all, violations);
        return new ListenSettings(grpc, json, http, health, access);
    }

    // What is served there tells little and changes nothing: it is open to whoever can reach it.
    private static ListenAddress? ReadOpen(string field, string text, string example, List<ListenAddress> all, ViolationList violations)
    {
        if (text == Off)
        {
            return null;
        }

        if (!ListenAddress.TryParse(text, field, out ListenAddress? address) || address.EndPoint is not IPEndPoint || address.IsTls)
        {
            violations.Add(field, text, "is not a listen address", $"write e.g. {example}, or off", "INVALID_LISTEN_ADDRESS");
            return null;
        }

        if (!address.IsEphemeral && all.Exists(other => other.Text == address.Text))
        {
            violations.Add(field, text, "is the address of another listener too", "write another port", "DUPLICATE");
        }

        all.Add(address);
        return address;
    }

    // Whoever may call may route the machine's traffic, in whatever form: the rule is one.
    private static List<ListenAddress> Read(string list, IReadOnlyList<string> texts, V1.Listen listen, AccessSettings access,
        List<ListenAddress> all, ViolationList violations)
    {
        List<ListenAddress> result = [];
        for (int i = 0; i < texts.Count; i++)
        {
            string field = $"{list}[{i}]";
            if (!ListenAddress.TryParse(texts[i], field, out ListenAddress? address))
            {
                violations.Add(field, texts[i], "is not a listen address",
                    "write e.g. http://127.0.0.1:50051 or unix:/run/netcontrol/netcontrol.sock", "INVALID_LISTEN_ADDRESS");
            }
            else if (address.IsTls && access.CertificateFile.Length == 0)
            {
                violations.Add(field, texts[i], "needs a certificate", "set listen.tls.certificateFile and listen.tls.keyFile",
                    "INVALID_LISTEN_ADDRESS");
            }
            else if (all.Exists(other => other.Text == address.Text && !address.IsEphemeral))
            {
                violations.Add(field, texts[i], "is there twice", "write it once", "DUPLICATE");
            }
            else if (!address.IsLocal && !listen.Insecure && !address.IsTls)
            {
                violations.Add(field, texts[i], "is open to the network without TLS, and whoever reaches it owns the traffic",
                    "write http://127.0.0.1:50051 or a unix: path, or https:// with listen.tls and clients that are known, "
                    + "or set listen.insecure: true", "INSECURE");
            }
            else if (!address.IsLocal && !listen.Insecure && !access.KnowsCallers)
            {
                violations.Add(field, texts[i], "is open to the network without asking who calls",
                    "set listen.tls.clientCaFile or listen.tokenFile, or set listen.insecure: true", "INSECURE");
            }
            else
            {
                result.Add(address);
                all.Add(address);
            }
        }

        return result;
    }
}
