using System.CommandLine;
using Grpc.Core;
using NetControl.Cli.Output;
using NetControl.Protocol.V1;
using Client = NetControl.Protocol.V1.SessionService.SessionServiceClient;

namespace NetControl.Cli.Commands;

/// <summary>netctl sessions ...</summary>
internal static class SessionCommands
{
    public static Command Create() =>
        new("sessions", "TCP connections and UDP sockets that go through.") { List(), Get(), Close(), Watch(), SessionWaitCommand.Create() };

    private static Command List()
    {
        FilterOptions filter = new();
        ListOptions list = new("sessions", filter: false);
        return list.AddTo(filter.AddTo(new Command("list", "Read live sessions, oldest first."))).Does(async (p, c) =>
        {
            ListSessionsResponse all = new();
            await list.ReadAsync(p, async wish =>
            {
                ListSessionsRequest request = new()
                {
                    Filter = filter.Read(p),
                    OrderBy = wish.OrderBy,
                    PageSize = wish.Size,
                    PageToken = wish.Token,
                    ReadMask = wish.ReadMask,
                };
                ListSessionsResponse page = await new Client(c.Invoker).ListSessionsAsync(request, cancellationToken: c.Cancellation);
                all.MergeFrom(page);
                return (all.Sessions.Count, all.NextPageToken = page.NextPageToken);
            });
            c.Printer.Print(all, () => Tables.Of(all.Sessions));
        });
    }

    private static Command Get()
    {
        Argument<string> name = Common.Named("name", "devices/{device}/sessions/{session}.", "sessions");
        return new Command("get", "Read one live session with the inner values of its machine.") { name }.Does(async (p, c) =>
        {
            GetSessionRequest request = new() { Name = p.GetRequiredValue(name) };
            GetSessionResponse response = await new Client(c.Invoker).GetSessionAsync(request, cancellationToken: c.Cancellation);
            c.Printer.Print(response, () => Tables.Of(response));
        });
    }

    private static Command Close()
    {
        FilterOptions filter = new();
        Argument<string[]> names = new("names")
        {
            Description = "devices/{device}/sessions/{session} ...",
            Arity = ArgumentArity.ZeroOrMore
        };
        Option<bool> all = new("--all") { Description = "Every session." };
        Option<bool> dry = Common.ValidateOnly();
        return filter.AddTo(new Command("close", "Close sessions, by name or by filter.") { names, all, dry }).Does(async (p, c) =>
        {
            CloseSessionsRequest request = new()
            {
                Names = { p.GetValue(names) ?? [] },
                Filter = filter.Read(p),
                All = p.GetValue(all),
                RequestId = Common.RequestId(),
                ValidateOnly = p.GetValue(dry),
            };
            CloseSessionsResponse response = await new Client(c.Invoker).CloseSessionsAsync(request, cancellationToken: c.Cancellation);
            c.Printer.Print(response, () => $"{response.Closed} closed\n");
        });
    }

    private static Command Watch()
    {
        FilterOptions filter = new();
        Option<bool> snapshot = new("--snapshot") { Description = "Begin with the sessions that live." };
        Option<bool> updates = new("--updates") { Description = "Counters too, once a second for sessions that move." };
        Option<bool> quiet = new("--no-switches") { Description = "Leave out where delegates switch, by failover or by hand." };
        Option<string?> resume = new("--resume") { Description = "Go on after EPOCH:SEQUENCE.", HelpName = "EPOCH:SEQUENCE" };
        Command command = new("watch", "Follow what happens, until interrupted or the server ends.") { snapshot, updates, quiet, resume };
        command.Aliases.Add("follow");
        return filter.AddTo(command).Does(async (p, c) =>
        {
            StreamSessionEventsRequest request = new()
            {
                Filter = filter.Read(p),
                Snapshot = p.GetValue(snapshot),
                Updates = p.GetValue(updates),
                DelegateSwitches = !p.GetValue(quiet),
                ResumeFrom = ParseResume(p.GetValue(resume))
            };
            using AsyncServerStreamingCall<StreamSessionEventsResponse> call = new Client(c.Invoker).StreamSessionEvents(request,
                cancellationToken: c.Cancellation);
            await foreach (StreamSessionEventsResponse message in call.ResponseStream.ReadAllAsync(c.Cancellation))
            {
                c.Printer.PrintLines(message, () => Tables.Lines(message));
            }
        });
    }

    private static ResumePoint? ParseResume(string? text)
    {
        int colon = text?.LastIndexOf(':') ?? -1;
        return colon > 0 && long.TryParse(text.AsSpan(colon + 1), System.Globalization.CultureInfo.InvariantCulture, out long sequence)
            ? new ResumePoint { Epoch = text![..colon], Sequence = sequence }
            : text is null ? null : new ResumePoint { Epoch = text };
    }
}
