using System.CommandLine;
using Grpc.Core;
using Grpc.Health.V1;

namespace NetControl.Cli.Commands;

/// <summary>netctl health: grpc.health.v1 for those who have no client of their own: a container engine, a start-up script.</summary>
internal static class HealthCommand
{
    private const double UsualPatience = 3;

    public static Command Create()
    {
        Argument<string> service = new("service")
        {
            Description = "\"\" is whether the process serves, ready whether every device passes traffic, devices/NAME whether that one does.",
            Arity = ArgumentArity.ZeroOrOne,
            DefaultValueFactory = _ => "",
        };
        Option<string?> timeout = Common.Duration("--timeout", "How long to wait for the answer; default 3s.");
        return new Command("health", "Ask whether the server serves: exit code 0 if it does, 1 if not, 3 for a service that it does not have, 4 "
            + "without an answer.") { service, timeout }.Does(async (p, c) =>
        {
            TimeSpan patience = Common.ParseDuration(p.GetValue(timeout))?.ToTimeSpan() ?? TimeSpan.FromSeconds(UsualPatience);
            HealthCheckResponse response = await new Health.HealthClient(c.Invoker).CheckAsync(
                new HealthCheckRequest { Service = p.GetRequiredValue(service) }, deadline: DateTime.UtcNow + patience,
                cancellationToken: c.Cancellation);
            c.Printer.Print(response, () => $"{response.Status}\n");
            if (response.Status != HealthCheckResponse.Types.ServingStatus.Serving)
            {
                throw new RpcException(new Status(StatusCode.FailedPrecondition, $"\"{p.GetValue(service)}\" is not serving"));
            }
        });
    }
}
