using System.CommandLine.Completions;
using Grpc.Core;
using Grpc.Net.Client;
using NetControl.Cli.Commands;
using NetControl.Protocol.V1;

namespace NetControl.Cli.Completion;

/// <summary>The names of the resources that a server has, for the shell.</summary>
internal static class ResourceNames
{
    /// <summary>How long a list may take: somebody pressed a key and waits. Tests, whose process compiles all of it first, wait longer.</summary>
    public static TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(1);

    public static IEnumerable<CompletionItem> Complete(CompletionContext context, params string[] collections)
    {
        try
        {
            using GrpcChannel? channel = NetctlCommand.TryConnect(context.ParseResult);
            if (channel is null)
            {
                return [];
            }

            // The short name is enough where only one collection is meant.
            CallInvoker invoker = channel.CreateCallInvoker();
            IEnumerable<string> names = collections.SelectMany(collection => List(invoker, collection));
            bool qualified = collections.Length > 1 || context.WordToComplete.Contains('/', StringComparison.Ordinal);
            return [.. names.Select(name => qualified ? name : name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..])
                .Where(name => name.StartsWith(context.WordToComplete, StringComparison.Ordinal)).Select(name => new CompletionItem(name))];
        }
        catch (Exception e) when (e is RpcException or IOException)
        {
            return [];
        }
    }

    private static IEnumerable<string> List(CallInvoker invoker, string collection)
    {
        DateTime deadline = DateTime.UtcNow + Patience;
        return collection switch
        {
            "devices" => new DeviceService.DeviceServiceClient(invoker)
                .ListDevices(new ListDevicesRequest { PageSize = 1000 }, deadline: deadline).Devices.Select(d => d.Name),
            "delegates" => new DelegateService.DelegateServiceClient(invoker)
                .ListDelegates(new ListDelegatesRequest { PageSize = 1000 }, deadline: deadline).Delegates.Select(d => d.Name),
            "proxies" => new ProxyService.ProxyServiceClient(invoker)
                .ListProxies(new ListProxiesRequest { PageSize = 1000 }, deadline: deadline).Proxies.Select(p => p.Name),
            "policies" => new PolicyService.PolicyServiceClient(invoker)
                .ListPolicies(new ListPoliciesRequest { PageSize = 1000 }, deadline: deadline).Policies.Select(p => p.Name),
            _ => new SessionService.SessionServiceClient(invoker)
                .ListSessions(new ListSessionsRequest { PageSize = 1000 }, deadline: deadline).Sessions.Select(s => s.Name),
        };
    }
}
