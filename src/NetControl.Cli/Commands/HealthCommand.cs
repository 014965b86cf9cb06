using System.CommandLine;
using System.Diagnostics;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;

namespace NetControl.Cli.Commands;

/// <summary>netctl health: grpc.health.v1 for those who have no client of their own: a container engine, a start-up script.</summary>
internal static class HealthCommand
{
    private const double UsualPatience = 3;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    public static Command Create()
    {
        Argument<string> service = new("service")
        {
            Description = "\"\" is whether the process serves, ready whether every device passes traffic, devices/NAME whether that one does.",
            Arity = ArgumentArity.ZeroOrOne,
            DefaultValueFactory = _ => "",
        };
        Option<string?> timeout = Common.Duration("--timeout", "How long to wait for the answer; default 3s.");
        Option<string?> wait = Common.Duration("--wait", "Ask again and again, also where there is no server yet, until it serves or so much time is over.");
        return new Command("health", "Ask whether the server serves: exit code 0 if it does, 1 if not, 3 for a service that it does not have, 4 "
            + "without an answer.") { service, timeout, wait }.Does(async (p, c) =>
        {
            TimeSpan patience = Common.ParseDuration(p.GetValue(timeout))?.ToTimeSpan() ?? TimeSpan.FromSeconds(UsualPatience);
            HealthCheckRequest request = new() { Service = p.GetRequiredValue(service) };
            Task<HealthCheckResponse> Ask(CallInvoker invoker) => new Health.HealthClient(invoker).CheckAsync(
                request, deadline: DateTime.UtcNow + patience, cancellationToken: c.Cancellation).ResponseAsync;
            HealthCheckResponse response = Common.ParseDuration(p.GetValue(wait)) is { } longest
                ? await WaitAsync(Ask, longest.ToTimeSpan(), c) : await Ask(c.Invoker);
            c.Printer.Print(response, () => $"{response.Status}\n");
            if (response.Status != HealthCheckResponse.Types.ServingStatus.Serving)
            {
                throw new RpcException(new Status(StatusCode.FailedPrecondition, $"\"{p.GetValue(service)}\" is not serving"));
            }
        });
    }

    private static async Task<HealthCheckResponse> WaitAsync(
        Func<CallInvoker, Task<HealthCheckResponse>> ask, TimeSpan longest, CommandContext context)
    {
        using PeriodicTimer timer = new(s_pause);
        for (long start = Stopwatch.GetTimestamp(); ; await timer.WaitForNextTickAsync(context.Cancellation))
        {
            bool last = Stopwatch.GetElapsedTime(start) >= longest;
            try
            {
                // A channel that found nobody waits longer and longer between its tries, and stays with its address.
                using GrpcChannel channel = context.Connect();
                HealthCheckResponse response = await ask(channel.CreateCallInvoker());
                if (last || response.Status == HealthCheckResponse.Types.ServingStatus.Serving)
                {
                    return response;
                }
            }
            catch (RpcException e) when (!last && e.StatusCode is (StatusCode.Unavailable or StatusCode.DeadlineExceeded))
            {
                // Not there yet.
            }
        }
    }
}
