using System.CommandLine;
using System.Diagnostics;
using NetControl.Protocol.V1;
using Client = NetControl.Protocol.V1.SessionService.SessionServiceClient;

namespace NetControl.Cli.Commands;

/// <summary>netctl sessions wait: gives an application the time to finish, before the process beside it is asked to end.</summary>
internal static class SessionWaitCommand
{
    private static readonly TimeSpan s_usual = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    public static Command Create()
    {
        FilterOptions filter = new();
        Option<string?> timeout = Common.Duration("--timeout", "How long at most; default 30s.");
        Command command = new("wait", "Wait until no session is live, of TCP unless --protocol says otherwise. That the time is over is no failure.")
        {
            timeout,
        };
        return filter.AddTo(command).Does(async (p, c) =>
        {
            TimeSpan longest = Common.ParseDuration(p.GetValue(timeout))?.ToTimeSpan() ?? s_usual;
            ListSessionsRequest request = new() { Filter = filter.Read(p), PageSize = 1 };
            if (request.Filter.Protocols.Count == 0)
            {
                request.Filter.Protocols.Add(SessionProtocol.Tcp);
            }

            using PeriodicTimer timer = new(s_pause);
            for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < longest; await timer.WaitForNextTickAsync(c.Cancellation))
            {
                ListSessionsResponse page = await new Client(c.Invoker).ListSessionsAsync(request, cancellationToken: c.Cancellation);
                if (page.Sessions.Count == 0)
                {
                    return;
                }
            }
        });
    }
}
